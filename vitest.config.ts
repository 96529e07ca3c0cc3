import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ViteUserConfig } from 'vitest/config';

/** Tests that replace a module, need one that has seen no other clock, or all wait for the next full second. */
const ALONE = [
  'packages/nestjs/src/schedule/schedule-internals.test.ts',
  'test/simulation/silent-stream.test.ts',
  'test/nestjs.test.ts',
];

/** Tests that start many processes. They would take half of the time of all others together. */
const PROCESSES = [
  'packages/cli/src/dev/dev-command.test.ts',
  'packages/cli/src/dev/screen/screen-view.test.ts',
  'packages/cli/src/doctor/doctor-{command,machine}.test.ts',
  'packages/cli/src/exec/exec-command.test.ts',
  'packages/cli/src/leader-service.test.ts',
  'packages/cli/src/replicas/cut-off.test.ts',
  'packages/cli/src/status/watch-command.test.ts',
  'packages/core/src/sidecar/sockets.test.ts',
  'packages/node-cron/src/background-tasks.test.ts',
  'packages/testing/src/host/processes.test.ts',
];

/** Searches in virtual time that take several seconds of a core each. */
const SEARCHES = [
  'packages/ledger/src/ledger/run-ledger-{controls,model}.test.ts',
  'packages/nestjs/src/ledger/cron-slots.test.ts',
  'test/recordings/lock-records.test.ts',
];

/** A starved CI machine can delay what runs on a real clock, so there a test fails only if it fails three times. */
const retry = process.env['CI'] ? 2 : 0;

// Half the cost of starting a process is compiling what an earlier one has compiled already.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/node');

const config: ViteUserConfig = {
  ssr: {
    resolve: {
      // Tests read the packages' sources, so that they need no build. Setting this replaces the defaults, hence the rest.
      conditions: ['@cluster-leader/source', 'module', 'node', 'development|production'],
    },
  },
  test: {
    // Many tests mostly wait for processes and leases, so that two more workers than cores are not too many.
    maxWorkers: availableParallelism() + 2,
    testTimeout: 20_000,
    projects: [
      // These tests leave nothing behind in their process, so that the next file can use the same one.
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['packages/*/src/**/*.test.ts', 'test/*.test.ts', 'test/{recordings,simulation}/*.test.ts'],
          exclude: [...ALONE, ...PROCESSES, ...SEARCHES],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, maxConcurrency: 20 } },
      { extends: true, test: { name: 'searches', include: SEARCHES } },
      { extends: true, test: { name: 'processes', include: PROCESSES, isolate: false, retry } },
      // These tests need a core for themselves, so they run one after another, after all others.
      {
        extends: true,
        test: { name: 'realtime', include: ['test/realtime/*.test.ts'], retry, fileParallelism: false },
      },
      {
        extends: true,
        test: {
          name: 'agenda',
          include: ['test/agenda/*.test.ts'],
          isolate: false,
          retry,
          globalSetup: ['test/agenda/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'ledger',
          include: ['test/ledger/**/*.test.ts'],
          retry,
          globalSetup: ['test/ledger/global-setup.ts'],
        },
      },
      { extends: true, test: { name: 'queues', include: ['test/queues/*.test.ts'], retry, testTimeout: 60_000 } },
      { extends: true, test: { name: 'examples', include: ['test/examples/*.test.ts'], retry, maxConcurrency: 20 } },
    ],
    coverage: { include: ['packages/*/src/**'], exclude: ['**/index.ts', '**/fixtures/**'] },
  },
};

export default config;
