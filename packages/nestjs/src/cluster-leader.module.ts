import { ClusterLeaderService, type Logger as LeaderLogger } from '@cluster-leader/core';
import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ClusterLeaderHealthIndicator } from './cluster-leader.health.ts';
import { ClusterLeaderLifecycle } from './cluster-leader.lifecycle.ts';
import { GateAll } from './gate-all.ts';
import {
  moduleHost,
  resolveModuleOptions,
  type ClusterLeaderModuleAsyncOptions,
  type ClusterLeaderModuleExtras,
  type ClusterLeaderModuleOptions,
  type ResolvedModuleOptions,
} from './cluster-leader.options.ts';
import { StopFirst, StopFirstModule } from './stop-first.module.ts';

/** Its name is what Nest's error shows in an app that imports the bare module. */
const RESOLVED_OPTIONS = Symbol('options of ClusterLeaderModule.forRoot()');
/** What `forRoot()` says of gating before any factory runs; `forRootAsync()` says nothing yet. */
const KNOWN_GATE = Symbol('gate of ClusterLeaderModule.forRoot()');

const ConfigurableModule: typeof moduleHost.ConfigurableModuleClass = moduleHost.ConfigurableModuleClass;

/**
 * Makes `ClusterLeaderService` and `ClusterLeaderHealthIndicator` injectable, and gates the scheduled handlers of the app.
 *
 * It watches from bootstrap on and does not delay it. When the app shuts down, then before any other module is destroyed
 * nothing gated starts any more, the signals of gated handlers abort, and they are awaited.
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
      // Without the options, which may come late.
      provide: GateAll,
      useFactory: (gate?: ClusterLeaderModuleOptions['gate'], registry?: SchedulerRegistry) =>
        new GateAll(gate === 'decorated' ? undefined : registry),
      inject: [
        { token: KNOWN_GATE, optional: true },
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
  /** Inside a pod no options are needed. Wrong ones refuse to boot with ERR_INVALID_OPTION. */
  static override forRoot(options: ClusterLeaderModuleOptions & ClusterLeaderModuleExtras = {}): DynamicModule {
    const { providers = [], ...rest } = super.forRoot(options);
    const known = { provide: KNOWN_GATE, useValue: options.gate ?? 'decorated' };
    return { ...rest, providers: [...providers, known] };
  }

  /** Takes options that other providers know. */
  static override forRootAsync(options: ClusterLeaderModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}

/** Core's messages in Nest's log, except for those of each skipped tick: Nest shows `debug` by default. */
function nestLogger(): LeaderLogger {
  const logger = new Logger('ClusterLeader');
  return {
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
  };
}
