import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = {
  ssr: {
    resolve: {
      // Tests read the packages' sources, so they need no build. Setting this replaces the defaults, hence the rest.
      conditions: ['@cluster-leader/source', 'module', 'node', 'development|production'],
    },
  },
  test: {
    // Most of the time goes into waiting for processes and leases, so a worker more than cores is not too many.
    maxWorkers: 3,
    // Machines of CI are starved at times, and much here runs against real clocks: what fails twice is wrong.
    retry: process.env['CI'] ? 2 : 0,
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'] } },
      // Many of them wait for the next second together.
      {
        extends: true,
        test: { name: 'system', include: ['test/**/*.test.ts'], exclude: ['test/agenda/**'], maxConcurrency: 20 },
      },
      {
        extends: true,
        test: { name: 'agenda', include: ['test/agenda/**/*.test.ts'], globalSetup: ['test/agenda/global-setup.ts'] },
      },
    ],
    coverage: { include: ['packages/*/src/**'], exclude: ['**/index.ts', '**/fixtures/**'] },
  },
};

export default config;
