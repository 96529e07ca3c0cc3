import { ClusterLeaderError, type Leadership, type LeadershipEvents } from '@cluster-leader/core';
import {
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { ResolvedModuleOptions } from './cluster-leader.options.ts';
import { eventEmitterOf, type EmitEvent } from './event-bridge.ts';
import type { GateAll } from './gate-all.ts';
import { Gate } from './gate.ts';
import { handlersOf, type Handler } from './handlers.ts';
import { follow } from './leadership-events.ts';
import { hasGate, markOf } from './metadata.ts';
import { refuseUngatedOverrides } from './overrides.ts';
import { Running } from './running.ts';

/** Ties one leader to the life of one app: wired before any timer starts, watching from bootstrap, closed at shutdown. */
export class ClusterLeaderLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #options: ResolvedModuleOptions;
  readonly #leader: Leadership;
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #gate: Gate;
  readonly #gateAll: GateAll;
  readonly #logger = new Logger('ClusterLeader');
  readonly #told = new Running();
  #listeners: Handler[] = [];
  #emit: EmitEvent | undefined;

  constructor(
    options: ResolvedModuleOptions,
    leader: Leadership,
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    gateAll: GateAll,
  ) {
    this.#options = options;
    this.#leader = leader;
    this.#discovery = discovery;
    this.#scanner = scanner;
    this.#gate = new Gate(leader);
    this.#gateAll = gateAll;
    gateAll.decide(options.gatesAll ? this.#gate : undefined);
  }

  /** Every instance exists by now, and no timer of schedule runs before every module is through with this. */
  async onModuleInit(): Promise<void> {
    const handlers = handlersOf(this.#discovery, this.#scanner);
    for (const { instance, key, name, isStatic } of handlers) {
      if (isStatic && hasGate(instance, key)) this.#gate.adopt(instance, name);
    }
    if (this.#options.gatesAll) this.#gateAll.gateHandlers(this.#gate, handlers, this.#discovery);
    else refuseUngatedOverrides(handlers);
    this.#listeners = handlers.filter(({ method }) => markOf(method, 'events'));
    for (const { name, isStatic } of this.#listeners) if (!isStatic) throw perRequest(name);
    if (this.#options.bridgesEvents) this.#emit = await eventEmitterOf(this.#discovery);
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
      elected: (event) => this.#tell('elected', event),
      demoted: (event) => this.#tell('demoted', event),
    });
    // Not awaited: an app must come up also where no sidecar answers, and gates wait for the first answer themselves.
    void this.#leader.start();
  }

  /**
   * The leader is closed while listeners of its last `demoted` are still there, after the gated handlers are through.
   *
   * Listeners are waited for only then, since one of `elected` may work until its term ends.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const { shutdownTimeoutMs } = this.#options;
    this.#gate.shut();
    await this.#gate.running.drain(shutdownTimeoutMs, this.#logger);
    await this.#leader.close();
    await this.#told.drain(shutdownTimeoutMs, this.#logger);
  }

  /** Also where the phase before has been cut short. */
  async onApplicationShutdown(): Promise<void> {
    await this.#leader.close();
  }

  async #tell<Name extends 'elected' | 'demoted'>(event: Name, payload: LeadershipEvents[Name]): Promise<void> {
    for (const { instance, method, name } of this.#listeners) {
      if (!markOf(method, 'events')?.includes(event)) continue;
      const call = async (): Promise<unknown> => method.call(instance, payload);
      void this.#told.add(call(), name).catch((error: unknown) => {
        this.#logger.error(`${name} has failed: ${String(error)}`, error instanceof Error ? error.stack : undefined);
      });
    }
  }
}

function perRequest(name: string): ClusterLeaderError {
  const fix = 'Put it in a provider that is not request-scoped.';
  return new ClusterLeaderError('ERR_MISWIRED', `${name} listens for elections, but is made anew per request. ${fix}`);
}
