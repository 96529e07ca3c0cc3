import type { ClusterLeaderOptions } from '@cluster-leader/core';
import { invalidOption, requireDuration } from '@cluster-leader/core/adapter-kit';
import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type ConfigurableModuleHost,
} from '@nestjs/common';

/** The options of core's `ClusterLeaderService`, and those of the module. Inside a pod none is needed. */
export interface ClusterLeaderModuleOptions extends ClusterLeaderOptions {
  /**
   * What runs on the leader alone: the methods that say so (`'decorated'`, the default), or every scheduled handler and
   * every registered cron job of the app (`'all'`), except for those with `@EveryReplica()`.
   */
  readonly gate?: 'decorated' | 'all' | undefined;
  /**
   * How long a shutdown waits for gated handlers that run, once their signals have aborted, in milliseconds. Default 5 000.
   *
   * Then the term ends, and it waits as long again for `@OnElected()` and `@OnDemoted()` methods.
   */
  readonly shutdownTimeoutMs?: number | undefined;
  /** Emits `cluster-leader.elected`, `.demoted`, `.standing` and `.skipped` by `@nestjs/event-emitter`. Default false. */
  readonly eventEmitter?: boolean | undefined;
}

/** What concerns the module itself, so that it must be known before any factory runs. */
export interface ClusterLeaderModuleExtras {
  /** Whether `ClusterLeaderService` can be injected everywhere without importing the module there. Default true. */
  readonly isGlobal?: boolean;
}

/** What a class for `useClass` or `useExisting` implements. */
export interface ClusterLeaderOptionsFactory {
  createClusterLeaderOptions(): ClusterLeaderModuleOptions | Promise<ClusterLeaderModuleOptions>;
}

/** How `forRootAsync` gets its options: by `useFactory`, `useClass` or `useExisting`. */
export type ClusterLeaderModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  ClusterLeaderModuleOptions,
  'createClusterLeaderOptions'
> &
  ClusterLeaderModuleExtras;

/** What Nest's builder makes of the options: the base class of the module, and the token of its options. */
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

/** The module's options with every default in its place; the rest is core's. */
export interface ResolvedModuleOptions {
  readonly gatesAll: boolean;
  readonly shutdownTimeoutMs: number;
  readonly bridgesEvents: boolean;
  readonly core: ClusterLeaderOptions;
}

/** Fills in the defaults; throws ERR_INVALID_OPTION naming option, value and rule. */
export function resolveModuleOptions(options: ClusterLeaderModuleOptions): ResolvedModuleOptions {
  // What a factory returns by mistake, nothing or the wrong thing, is as bad as a wrong option.
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  const { gate = 'decorated', shutdownTimeoutMs = 5_000, eventEmitter = false, ...rest } = options;
  // Nest's builder leaves its own extra among the options of forRoot.
  const { isGlobal: _, ...core } = rest as ClusterLeaderOptions & ClusterLeaderModuleExtras;
  if (gate !== 'decorated' && gate !== 'all') throw invalidOption('gate', gate, `'decorated' or 'all'`);
  if (shutdownTimeoutMs !== 0) requireDuration('shutdownTimeoutMs', shutdownTimeoutMs, ', or 0');
  if (typeof eventEmitter !== 'boolean') throw invalidOption('eventEmitter', eventEmitter, 'true or false');
  return { gatesAll: gate === 'all', shutdownTimeoutMs, bridgesEvents: eventEmitter, core };
}
