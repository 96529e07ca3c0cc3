import { ClusterLeaderService, type Logger as LeaderLogger } from '@cluster-leader/core';
import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ClusterLeaderHealthIndicator } from '../health/cluster-leader.health.ts';
import { GateAll } from '../schedule/gate-all.ts';
import { ClusterLeaderLifecycle } from './cluster-leader.lifecycle.ts';
import {
  moduleHost,
  resolveModuleOptions,
  type ClusterLeaderModuleAsyncOptions,
  type ClusterLeaderModuleExtras,
  type ClusterLeaderModuleOptions,
  type ResolvedModuleOptions,
} from './cluster-leader.options.ts';
import { StopFirst, StopFirstModule } from './stop-first.module.ts';

/** Nest's error shows this description in an app that imports the module without `forRoot()`. */
const RESOLVED_OPTIONS = Symbol('options of ClusterLeaderModule.forRoot()');
/** Whether the options of `forRoot()`, known before any factory runs, need cron jobs held; `forRootAsync()` provides none. */
const HOLDS_CRON_JOBS = Symbol('whether the options of ClusterLeaderModule.forRoot() need cron jobs held');

const ConfigurableModule: typeof moduleHost.ConfigurableModuleClass = moduleHost.ConfigurableModuleClass;

/**
 * Provides `ClusterLeaderService` and `ClusterLeaderHealthIndicator`, and gates the scheduled handlers of the app.
 *
 * It watches the election from bootstrap on, without delaying it. When the app shuts down, gated handlers no longer
 * start, the signals of running ones abort, and they are awaited, all before any other module is destroyed.
 *
 * @example
 * ```ts
 * @Module({ imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot()] })
 * class AppModule {}
 * ```
 */
@Module({
  imports: [DiscoveryModule, StopFirstModule],
  providers: [
    { provide: RESOLVED_OPTIONS, useFactory: resolveModuleOptions, inject: [moduleHost.MODULE_OPTIONS_TOKEN] },
    {
      provide: ClusterLeaderService,
      useFactory: ({ core }: ResolvedModuleOptions) =>
        new ClusterLeaderService({ ...core, logger: core.logger === undefined ? nestLogger() : core.logger }),
      inject: [RESOLVED_OPTIONS],
    },
    {
      provide: ClusterLeaderHealthIndicator,
      useFactory: (leader: ClusterLeaderService) => new ClusterLeaderHealthIndicator(leader),
      inject: [ClusterLeaderService],
    },
    {
      // Does not inject the options, which may be resolved late: the cron jobs must be held before that.
      provide: GateAll,
      useFactory: (holds?: boolean, registry?: SchedulerRegistry) =>
        new GateAll(holds === false ? undefined : registry),
      inject: [
        { token: HOLDS_CRON_JOBS, optional: true },
        { token: SchedulerRegistry, optional: true },
      ],
    },
    {
      provide: ClusterLeaderLifecycle,
      useFactory: (...parts: ConstructorParameters<typeof ClusterLeaderLifecycle>) =>
        new ClusterLeaderLifecycle(...parts),
      inject: [RESOLVED_OPTIONS, ClusterLeaderService, DiscoveryService, MetadataScanner, GateAll, StopFirst],
    },
  ],
  exports: [ClusterLeaderService, ClusterLeaderHealthIndicator],
})
export class ClusterLeaderModule extends ConfigurableModule {
  /**
   * Configures the module; inside a pod it needs no options. The app does not boot with invalid ones
   * (ERR_INVALID_OPTION).
   */
  static override forRoot(options: ClusterLeaderModuleOptions & ClusterLeaderModuleExtras = {}): DynamicModule {
    const { providers = [], ...rest } = super.forRoot(options);
    const holds = (options.gate ?? 'decorated') !== 'decorated' || options.ledger !== undefined;
    const known = { provide: HOLDS_CRON_JOBS, useValue: holds };
    return { ...rest, providers: [...providers, known] };
  }

  /** Configures the module with options from other providers. */
  static override forRootAsync(options: ClusterLeaderModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}

/**
 * Writes core's messages to Nest's log. Debug messages are left out: there is one per skipped tick, and Nest shows them
 * by default.
 */
function nestLogger(): LeaderLogger {
  const logger = new Logger('ClusterLeader');
  return {
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
  };
}
