import type { Mode } from '@cluster-leader/core';
import {
  ClusterLeaderModule,
  type ClusterLeaderModuleExtras,
  type ClusterLeaderModuleOptions,
} from '@cluster-leader/nestjs';
import { Module, type DynamicModule, type INestApplicationContext, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import type { Recorder } from './recorder.ts';

/** Where an app imports ClusterLeaderModule: in the root beside ScheduleModule, or in a child module, global or not. */
export type Place = 'before' | 'after' | 'non-global' | 'child' | 'non-global child' | 'child before';

export const PLACES: readonly Place[] = ['before', 'after', 'non-global', 'child', 'non-global child', 'child before'];

/** An empty class for dynamic modules. */
@Module({})
export class Feature {}

/** The parts of an app: those of its root module, and how it imports ClusterLeaderModule. */
export interface Wiring extends ModuleMetadata {
  readonly options?: ClusterLeaderModuleOptions;
  readonly place?: Place;
  /** Used instead of `forRoot(options)`. */
  readonly leaderModule?: (options: ClusterLeaderModuleOptions) => DynamicModule;
}

/** Boots a real app in which only the election is replaced: its leader always or never leads. */
export async function boot(recorder: Recorder, mode: Mode, wiring: Wiring): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(rootOf(recorder, mode, wiring), {
    logger: false,
    abortOnError: false,
  });
}

/** Makes the root module of such an app. */
export function rootOf(recorder: Recorder, mode: Mode, wiring: Wiring): new () => object {
  const { options, place = 'before', leaderModule, imports = [], ...rest } = wiring;
  const forRoot = leaderModule ?? ((merged: ClusterLeaderModuleOptions) => ClusterLeaderModule.forRoot(merged));
  const merged: ClusterLeaderModuleOptions & ClusterLeaderModuleExtras = {
    mode,
    logger: recorder.logger,
    ...options,
    isGlobal: !place.startsWith('non-global'),
  };
  @Module({ imports: [forRoot(merged)] })
  class Child {}
  const leaderImport = place.includes('child') ? Child : forRoot(merged);
  const isFirst = place.includes('before');
  const order = isFirst ? [leaderImport, ScheduleModule.forRoot()] : [ScheduleModule.forRoot(), leaderImport];
  @Module({ ...rest, imports: [...order, ...imports] })
  class Root {}
  return Root;
}
