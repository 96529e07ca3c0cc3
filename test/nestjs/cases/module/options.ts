import { ClusterLeaderModule, LeaderInterval } from '@cluster-leader/nestjs';
import { runsOnTheLeaderOnly, type GatedApp } from '../gating/gated-app.ts';
import { Feature, type Wiring } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { jobsWith } from '../support/jobs-with.ts';
import { refusesToBoot } from '../support/refuses-to-boot.ts';
import { MS } from '../support/times.ts';

const jobs = jobsWith(LeaderInterval(MS));

/** The ways to configure the module with options from other providers. */
const LATE: readonly GatedApp[] = [
  {
    title: 'forRootAsync with useFactory, inject and imports',
    make(work) {
      return {
        providers: [jobs(work)],
        leaderModule: (options) =>
          ClusterLeaderModule.forRootAsync({
            imports: [{ module: Feature, providers: [{ provide: 'config', useValue: options }], exports: ['config'] }],
            inject: ['config'],
            useFactory: async (config) => config,
          }),
      };
    },
  },
  {
    title: 'forRootAsync with useClass',
    make(work) {
      return {
        providers: [jobs(work)],
        leaderModule: (options) =>
          ClusterLeaderModule.forRootAsync({
            useClass: class {
              createClusterLeaderOptions = () => options;
            },
          }),
      };
    },
  },
  {
    title: 'forRootAsync with useExisting',
    make(work) {
      return {
        providers: [jobs(work)],
        leaderModule(options) {
          class Existing {
            createClusterLeaderOptions = () => options;
          }
          const config = { module: Feature, providers: [Existing], exports: [Existing] };
          return ClusterLeaderModule.forRootAsync({ imports: [config], useExisting: Existing });
        },
      };
    },
  },
];

function importedTwice(): Wiring {
  class Jobs {
    @LeaderInterval(MS)
    job(): void {}
  }
  return { providers: [Jobs], imports: [ClusterLeaderModule.forRoot({ mode: 'always', leaseDurationMs: 9_000 })] };
}

const INVALID: readonly { readonly options: object; readonly message: RegExp }[] = [
  { options: { gate: 'some' }, message: /^gate is 'some', but it must be 'decorated' or 'all'\. See/ },
  { options: { shutdownTimeoutMs: -1 }, message: /^shutdownTimeoutMs is -1, but it must be a number of milliseconds/ },
  { options: { eventEmitter: 'yes' }, message: /^eventEmitter is 'yes', but it must be true or false\. See/ },
  { options: { eventEmitter: true }, message: /^eventEmitter is true, but it must be false in an app without/ },
  { options: { ttl: 10 }, message: /^ttl is 10, but it must be one of the options/ },
];

export const options: readonly Case[] = [
  ...LATE.map((app) => ({ title: `takes its options from ${app.title}`, run: () => runsOnTheLeaderOnly(app, {}) })),
  ...INVALID.map(({ options: invalid, message }) => ({
    title: `refuses to boot with ${JSON.stringify(invalid)}`,
    run: () => refusesToBoot({ options: invalid }, message, 'ERR_INVALID_OPTION'),
  })),
  {
    title: 'refuses to boot if the module is imported twice',
    run: () => refusesToBoot(importedTwice(), /^Jobs\.job is gated twice\. Import ClusterLeaderModule once/),
  },
];
