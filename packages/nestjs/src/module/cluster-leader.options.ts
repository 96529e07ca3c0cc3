import type { ClusterLeaderOptions } from '@cluster-leader/core';
import { invalidOption, requireDuration } from '@cluster-leader/core/adapter-kit';
import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type ConfigurableModuleHost,
} from '@nestjs/common';
import { missingMethods } from '../handlers/method.ts';
import type { ModuleLedger } from '../ledger/module-ledger.ts';

/** The options of the module and of core's `ClusterLeaderService`. Inside a pod none is needed. */
export interface ClusterLeaderModuleOptions extends ClusterLeaderOptions {
  /**
   * What runs on the leader only: the decorated methods (`'decorated'`, the default), or every scheduled handler and
   * every registered cron job of the app, except handlers with `@EveryReplica()` (`'all'`).
   */
  readonly gate?: 'decorated' | 'all' | undefined;
  /**
   * How long a shutdown waits for running gated handlers after their signals have aborted, in milliseconds. Default 5
   * 000.
   *
   * Then the term ends, and the shutdown waits up to the same time for `@OnElected()` and `@OnDemoted()` methods.
   */
  readonly shutdownTimeoutMs?: number | undefined;
  /**
   * Emits `cluster-leader.elected`, `.demoted`, `.standing`, `.skipped` and `.interrupted` via `@nestjs/event-emitter`. Default false.
   */
  readonly eventEmitter?: boolean | undefined;
  /**
   * A `RunLedger` of `@cluster-leader/ledger`: every slot of a gated cron job, which then needs a name, runs once, and
   * missed ones are made up as `catchUp` of the decorators says. Closed with the app. By default nothing is recorded.
   */
  readonly ledger?: ModuleLedger | undefined;
}

/** Options of the module definition, which must be known before any factory runs. */
export interface ClusterLeaderModuleExtras {
  /** Whether every module can inject `ClusterLeaderService` without importing this one. Default true. */
  readonly isGlobal?: boolean;
}

/** The interface of a class for `useClass` or `useExisting`. */
export interface ClusterLeaderOptionsFactory {
  createClusterLeaderOptions(): ClusterLeaderModuleOptions | Promise<ClusterLeaderModuleOptions>;
}

/** The sources of options for `forRootAsync`: `useFactory`, `useClass` or `useExisting`. */
export type ClusterLeaderModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  ClusterLeaderModuleOptions,
  'createClusterLeaderOptions'
> &
  ClusterLeaderModuleExtras;

/** The base class of the module and the token of its options, from Nest's builder. */
export const moduleHost: ConfigurableModuleHost<
  ClusterLeaderModuleOptions,
  'forRoot',
  'createClusterLeaderOptions',
  ClusterLeaderModuleExtras
> = new ConfigurableModuleBuilder<ClusterLeaderModuleOptions>()
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createClusterLeaderOptions')
  .setExtras<ClusterLeaderModuleExtras>({ isGlobal: true }, (definition, { isGlobal }) => ({
    ...definition,
    global: isGlobal ?? true,
  }))
  .build();

/** The options of the module with their defaults, separated from those of core. */
export interface ResolvedModuleOptions {
  readonly gatesAll: boolean;
  readonly shutdownTimeoutMs: number;
  readonly bridgesEvents: boolean;
  readonly ledger: ModuleLedger | undefined;
  readonly core: ClusterLeaderOptions;
}

/** Validates the options of the module and fills in the defaults; throws ERR_INVALID_OPTION. */
export function resolveModuleOptions(options: ClusterLeaderModuleOptions): ResolvedModuleOptions {
  // A factory without a return statement provides undefined.
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  const { gate = 'decorated', shutdownTimeoutMs = 5_000, eventEmitter = false, ledger, ...rest } = options;
  // Nest's builder does not remove the extras from the options of forRoot.
  const { isGlobal: _, ...core } = rest as ClusterLeaderOptions & ClusterLeaderModuleExtras;
  if (gate !== 'decorated' && gate !== 'all') throw invalidOption('gate', gate, `'decorated' or 'all'`);
  if (shutdownTimeoutMs !== 0) requireDuration('shutdownTimeoutMs', shutdownTimeoutMs, ', or 0');
  if (typeof eventEmitter !== 'boolean') throw invalidOption('eventEmitter', eventEmitter, 'true or false');
  if (ledger !== undefined && missingMethods(ledger, ['register', 'close']).length > 0) {
    throw invalidOption('ledger', ledger, 'a RunLedger of @cluster-leader/ledger');
  }
  return { gatesAll: gate === 'all', shutdownTimeoutMs, bridgesEvents: eventEmitter, ledger, core };
}
