import type { ClusterLeader } from '@cluster-leader/core';
import type { RunTracker } from '@cluster-leader/core/adapter-kit';
import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ElectionListeners } from '../events/election-listeners.ts';
import { eventBridge } from '../events/event-bridge.ts';
import { follow, type LeadershipListener } from '../events/follow.ts';
import { refuseExternalCallers } from '../gating/external-callers.ts';
import { Gate } from '../gating/gate.ts';
import { handlersOf } from '../handlers/handlers.ts';
import { LedgerJobs } from '../ledger/ledger-jobs.ts';
import { refuseCatchUp } from '../ledger/recorded-handlers.ts';
import type { GateAll } from '../schedule/gate-all.ts';
import { refuseUngatedOverrides } from '../schedule/ungated-overrides.ts';
import type { ResolvedModuleOptions } from './cluster-leader.options.ts';
import { requireLeader } from './require-leader.ts';
import type { StopFirst } from './stop-first.module.ts';

/**
 * Ties a leader to the life of an app: gates handlers before any timer starts, watches from bootstrap on, closes at
 * shutdown.
 */
export class ClusterLeaderLifecycle implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #options: ResolvedModuleOptions;
  readonly #leader: ClusterLeader;
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #gate: Gate;
  readonly #gateAll: GateAll;
  readonly #ledgerJobs: LedgerJobs | undefined;
  readonly #listeners = new ElectionListeners();
  readonly #logger = new Logger('ClusterLeader');
  #bridge: LeadershipListener | undefined;

  constructor(
    options: ResolvedModuleOptions,
    leader: ClusterLeader,
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    gateAll: GateAll,
    stopFirst: StopFirst,
  ) {
    requireLeader(leader);
    this.#options = options;
    this.#leader = leader;
    this.#discovery = discovery;
    this.#scanner = scanner;
    this.#gate = new Gate(leader);
    this.#gateAll = gateAll;
    this.#ledgerJobs = options.ledger && new LedgerJobs(options.ledger, leader, this.#gate);
    gateAll.decide(options.gatesAll ? this.#gate : undefined, this.#ledgerJobs);
    stopFirst.add(() => this.#stop());
  }

  /** By now every instance exists, and schedule starts no timer before the hook has run in all modules. */
  onModuleInit(): void {
    const handlers = handlersOf(this.#discovery, this.#scanner);
    this.#gate.adoptDecorated(handlers);
    if (this.#options.gatesAll) this.#gateAll.gateHandlers(this.#gate, handlers, this.#discovery);
    else refuseUngatedOverrides(handlers);
    if (this.#ledgerJobs === undefined) refuseCatchUp(handlers);
    else this.#gateAll.recordHandlers(this.#ledgerJobs, handlers, this.#discovery);
    refuseExternalCallers(handlers);
    this.#listeners.find(handlers);
    if (this.#options.bridgesEvents) this.#bridge = eventBridge(this.#discovery);
  }

  onApplicationBootstrap(): void {
    if (this.#bridge !== undefined) follow(this.#leader, this.#bridge);
    this.#listeners.listenTo(this.#leader);
    // Not awaited: an app must start even if its sidecar does not respond, and gates await the first answer themselves.
    void this.#leader.start();
  }

  /** Runs last: schedule has stopped its timers by now. */
  onApplicationShutdown(): void {
    this.#gateAll.putBack();
  }

  /**
   * Runs before any other module is destroyed, so that gated work keeps its databases until it has ended.
   *
   * The leader closes at once, so that nothing starts that the app runs by the injected leader either, and so does the
   * ledger, which records what the runs came to. All are awaited. Listeners are awaited after that, because an `@OnElected()` method may run until its term ends.
   */
  async #stop(): Promise<void> {
    this.#gate.shut();
    const limit = { drainMs: this.#options.shutdownTimeoutMs };
    const closed = [this.#leader.close(limit), this.#options.ledger?.close(limit)];
    await Promise.all([this.#drain(this.#gate.running), ...closed]);
    await this.#drain(this.#listeners.running);
  }

  async #drain(runs: RunTracker): Promise<void> {
    const { shutdownTimeoutMs: limitMs } = this.#options;
    const names = [...new Set(await runs.drain(limitMs))].join(', ');
    if (names === '') return;
    this.#logger.warn(
      `Continuing the shutdown, although these are still running after ${limitMs} ms: ${names}. ` +
        'Stop them when term.signal aborts.',
    );
  }
}
