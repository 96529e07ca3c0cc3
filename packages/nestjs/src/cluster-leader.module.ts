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

/** Its name is what Nest says of an app that imports the bare module. */
const RESOLVED_OPTIONS = Symbol('options of ClusterLeaderModule.forRoot()');

const ConfigurableModule: typeof moduleHost.ConfigurableModuleClass = moduleHost.ConfigurableModuleClass;

/**
 * Makes `ClusterLeaderService` and `ClusterLeaderHealthIndicator` injectable, and gates the scheduled handlers of the app.
 *
 * It watches from bootstrap on and does not delay it. Before the app shuts down it lets nothing gated start, aborts the
 * signals of gated handlers that run and waits for them.
 *
 * @example
 * ```ts
 * @Module({ imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot()] })
 * class AppModule {}
 * ```
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: RESOLVED_OPTIONS, useFactory: resolveModuleOptions, inject: [moduleHost.MODULE_OPTIONS_TOKEN] },
    {
      provide: ClusterLeaderService,
      useFactory: ({ core }: ResolvedModuleOptions) => new ClusterLeaderService({ logger: nestLogger(), ...core }),
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
      useFactory: (registry?: SchedulerRegistry) => new GateAll(registry),
      inject: [{ token: SchedulerRegistry, optional: true }],
    },
    {
      provide: ClusterLeaderLifecycle,
      useFactory: (...parts: ConstructorParameters<typeof ClusterLeaderLifecycle>) =>
        new ClusterLeaderLifecycle(...parts),
      inject: [RESOLVED_OPTIONS, ClusterLeaderService, DiscoveryService, MetadataScanner, GateAll],
    },
  ],
  exports: [ClusterLeaderService, ClusterLeaderHealthIndicator],
})
export class ClusterLeaderModule extends ConfigurableModule {
  /** Inside a pod no options are needed. Wrong ones refuse to boot with ERR_INVALID_OPTION. */
  static override forRoot(options: ClusterLeaderModuleOptions & ClusterLeaderModuleExtras = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Options that other providers know. */
  static override forRootAsync(options: ClusterLeaderModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}

/** Core's messages in Nest's log, but for those of each skipped tick: Nest shows `debug` by default. */
function nestLogger(): LeaderLogger {
  const logger = new Logger('ClusterLeader');
  return {
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
  };
}
