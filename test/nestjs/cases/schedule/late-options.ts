import { ClusterLeaderModule, type ClusterLeaderModuleOptions } from '@cluster-leader/nestjs';
import type { DynamicModule } from '@nestjs/common';

/** Imports ClusterLeaderModule with options that are resolved only after other providers exist. */
export function later(options: ClusterLeaderModuleOptions): DynamicModule {
  return ClusterLeaderModule.forRootAsync({
    async useFactory() {
      await new Promise((resolve) => setImmediate(resolve));
      return options;
    },
  });
}
