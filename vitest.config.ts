import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They replace a module, need one that has seen no clock but theirs, or wait for the next second all together. */
const ALONE = [
  'packages/nestjs/src/schedule/schedule-internals.test.ts',
  'test/silence.test.ts',
  'test/nestjs.test.ts',
];
const LONGEST = /\/pauses\.test\.ts$/;

/** Begins with the longest test, which mostly waits for processes that are stopped, so that the others run beside it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(LONGEST.test(b.moduleId)) - Number(LONGEST.test(a.moduleId)));
  }
}

// Half of what a process costs is compiling what the one before it has compiled.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/node');

const config: ViteUserConfig = {
  ssr: {
    resolve: {
      // Tests read the packages' sources, so they need no build. Setting this replaces the defaults, hence the rest.
      conditions: ['@cluster-leader/source', 'module', 'node', 'development|production'],
    },
  },
  test: {
    sequence: { sequencer: LongestFirst },
    // Most of the time goes into waiting for processes and leases, so two workers more than cores are not too many.
    maxWorkers: availableParallelism() + 2,
    testTimeout: 20_000,
    // Machines of CI are starved at times, and much here runs against real clocks: what fails three times is wrong.
    retry: process.env['CI'] ? 2 : 0,
    projects: [
      // They leave nothing behind in their process, so that the next file need not begin with a new one.
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['packages/*/src/**/*.test.ts', 'test/*.test.ts'],
          exclude: ALONE,
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, maxConcurrency: 20 } },
      {
        extends: true,
        test: {
          name: 'agenda',
          include: ['test/agenda/*.test.ts'],
          isolate: false,
          globalSetup: ['test/agenda/global-setup.ts'],
        },
      },
      { extends: true, test: { name: 'queues', include: ['test/queues/*.test.ts'], testTimeout: 60_000 } },
      { extends: true, test: { name: 'examples', include: ['test/examples/*.test.ts'], maxConcurrency: 20 } },
    ],
    coverage: { include: ['packages/*/src/**'], exclude: ['**/index.ts', '**/fixtures/**'] },
  },
};

export default config;
