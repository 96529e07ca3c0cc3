import type { Mode } from '@cluster-leader/core';
import {
  ClusterLeaderModule,
  type ClusterLeaderModuleExtras,
  type ClusterLeaderModuleOptions,
} from '@cluster-leader/nestjs';
import { Module, type DynamicModule, type INestApplicationContext, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import type { Witness } from './witness.ts';

/** Where an app imports our module: beside ScheduleModule, or in a module below the root, global or not. */
export type Place = 'before' | 'after' | 'non-global' | 'child' | 'non-global child' | 'child before';

export const PLACES: readonly Place[] = ['before', 'after', 'non-global', 'child', 'non-global child', 'child before'];

/** A module with nothing of its own, for dynamic ones. */
@Module({})
export class Feature {}

/** How an app is put together. */
export interface Wiring extends ModuleMetadata {
  readonly options?: ClusterLeaderModuleOptions;
  readonly place?: Place;
  /** In place of `forRoot(options)`. */
  readonly leaderModule?: (options: ClusterLeaderModuleOptions) => DynamicModule;
}

/** Boots a real app in which everything is real but the election: its leader always or never leads. */
export async function boot(witness: Witness, mode: Mode, wiring: Wiring): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(rootOf(witness, mode, wiring), {
    logger: false,
    abortOnError: false,
  });
}

/** The root module of such an app. */
export function rootOf(witness: Witness, mode: Mode, wiring: Wiring): new () => object {
  const { options, place = 'before', leaderModule, imports = [], ...rest } = wiring;
  const forRoot = leaderModule ?? ((its: ClusterLeaderModuleOptions) => ClusterLeaderModule.forRoot(its));
  const settled: ClusterLeaderModuleOptions & ClusterLeaderModuleExtras = {
    mode,
    logger: witness.logger,
    ...options,
    isGlobal: !place.startsWith('non-global'),
  };
  @Module({ imports: [forRoot(settled)] })
  class Child {}
  const ours = place.includes('child') ? Child : forRoot(settled);
  const isFirst = place.includes('before');
  const order = isFirst ? [ours, ScheduleModule.forRoot()] : [ScheduleModule.forRoot(), ours];
  @Module({ ...rest, imports: [...order, ...imports] })
  class Root {}
  return Root;
}
