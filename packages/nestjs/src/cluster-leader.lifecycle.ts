import { ClusterLeaderError, type ClusterLeader, type LeadershipEvents } from '@cluster-leader/core';
import { RunTracker } from '@cluster-leader/core/adapter-kit';
import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { ResolvedModuleOptions } from './cluster-leader.options.ts';
import { eventEmitterOf, type EmitEvent } from './event-bridge.ts';
import { refuseExternalCallers } from './external-callers.ts';
import type { GateAll } from './gate-all.ts';
import { Gate } from './gate.ts';
import { handlersOf, type Handler } from './handlers.ts';
import { follow } from './leadership-events.ts';
import { copyThatGates, markOf, THIS_COPY } from './metadata.ts';
import { refuseUngatedOverrides } from './overrides.ts';
import type { StopFirst } from './stop-first.module.ts';

/** What this module uses of a leader. */
const NEEDED = ['on', 'gate', 'start', 'status', 'close', 'waitForLeadership'];

/** Ties one leader to the life of one app: wired before any timer starts, watching from bootstrap, closed at shutdown. */
export class ClusterLeaderLifecycle implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #options: ResolvedModuleOptions;
  readonly #leader: ClusterLeader;
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #gate: Gate;
  readonly #gateAll: GateAll;
  readonly #logger = new Logger('ClusterLeader');
  readonly #listening = new RunTracker();
  #listeners: Handler[] = [];
  #emit: EmitEvent | undefined;

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
    gateAll.decide(options.gatesAll ? this.#gate : undefined);
    stopFirst.add(() => this.#stop());
  }

  /** Every instance exists by now, and no timer of schedule runs before every module is through with this. */
  onModuleInit(): void {
    const handlers = handlersOf(this.#discovery, this.#scanner);
    for (const { instance, key, name, isStatic } of handlers) {
      const copy = copyThatGates(instance, key);
      if (copy !== undefined && copy !== THIS_COPY) throw otherCopy(name);
      if (copy !== undefined && isStatic) this.#gate.adopt(instance, name);
    }
    if (this.#options.gatesAll) this.#gateAll.gateHandlers(this.#gate, handlers, this.#discovery);
    else refuseUngatedOverrides(handlers);
    refuseExternalCallers(handlers);
    this.#listeners = handlers.filter(({ instance, key }) => markOf(instance, key, 'events'));
    for (const { name, isStatic } of this.#listeners) if (!isStatic) throw perRequest(name);
    if (this.#options.bridgesEvents) this.#emit = eventEmitterOf(this.#discovery);
  }

  onApplicationBootstrap(): void {
    const emit = this.#emit;
    if (emit !== undefined) {
      follow(this.#leader, {
        elected: (event) => emit('elected', event),
        demoted: (event) => emit('demoted', event),
        standing: (event) => emit('standing', event),
        skipped: (event) => emit('skipped', event),
      });
    }
    follow(this.#leader, {
      elected: (event) => this.#call('elected', event),
      demoted: (event) => this.#call('demoted', event),
    });
    // Not awaited: an app must start even if no sidecar answers, and gates wait for the first answer themselves.
    void this.#leader.start();
  }

  /** Last of all, since schedule has stopped its timers by then. */
  onApplicationShutdown(): void {
    this.#gateAll.putBack();
  }

  /**
   * Called before any other module is destroyed, so that gated work has its databases until it has ended.
   *
   * The leader is closed after the gated handlers have ended, and its listeners are awaited only then, since one of
   * `elected` may work until its term ends.
   */
  async #stop(): Promise<void> {
    this.#gate.shut();
    await this.#drain(this.#gate.running);
    await this.#leader.close();
    await this.#drain(this.#listening);
  }

  async #drain(runs: RunTracker): Promise<void> {
    const { shutdownTimeoutMs: limitMs } = this.#options;
    const names = [...new Set(await runs.drain(limitMs))].join(', ');
    if (names === '') return;
    this.#logger.warn(
      `Shutting down although after ${limitMs} ms these still run: ${names}. Let them end on term.signal.`,
    );
  }

  async #call<Name extends 'elected' | 'demoted'>(event: Name, payload: LeadershipEvents[Name]): Promise<void> {
    for (const { instance, key, method, name } of this.#listeners) {
      if (!markOf(instance, key, 'events')?.includes(event)) continue;
      const call = async (): Promise<unknown> => method.call(instance, payload);
      void this.#listening.track(name, call()).catch((error: unknown) => {
        this.#logger.error(`${name} has failed: ${String(error)}`, error instanceof Error ? error.stack : undefined);
      });
    }
  }
}

/** A test may have put something else in the service's place. */
function requireLeader(leader: ClusterLeader): void {
  const missing = NEEDED.filter((name) => typeof Reflect.get(Object(leader), name) !== 'function');
  if (missing.length === 0) return;
  const trouble = `ClusterLeaderService is overridden by what is not a leader: it lacks ${missing.join(', ')}`;
  const fix = 'Override it with fakeLeader() of @cluster-leader/testing.';
  throw new ClusterLeaderError('ERR_MISWIRED', `${trouble}. ${fix}`);
}

function otherCopy(name: string): ClusterLeaderError {
  const trouble = `${name} is gated by another copy of @cluster-leader/nestjs than the one whose module is imported`;
  const fix = 'Find both with `npm ls @cluster-leader/nestjs`, and install one version alone.';
  return new ClusterLeaderError('ERR_MISWIRED', `${trouble}. ${fix}`);
}

function perRequest(name: string): ClusterLeaderError {
  const fix = 'Put it in a provider that is not request-scoped.';
  return new ClusterLeaderError('ERR_MISWIRED', `${name} listens for elections, but is made anew per request. ${fix}`);
}
