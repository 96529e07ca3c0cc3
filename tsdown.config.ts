import type { UserConfig } from 'tsdown';

const config: UserConfig = {
  workspace: ['packages/*'],
  entry: 'src/{index,adapter-kit,bin,mongodb,postgres,redis,sidecar-process,supervisor-process}.ts',
  dts: true,
  fixedExtension: false,
  publint: true,
  deps: {
    neverBundle: /^#/, // what a package's own manifest maps, by conditions of the app that imports it
    // The types of an optional peer would not compile in an app that has not installed it.
    dts: {
      alwaysBundle: (id, importer = '') =>
        id === '@cluster-leader/ledger' && /[/\\](node-cron|nestjs|kubernetes)[/\\]/.test(importer),
    },
  },
  inputOptions: { resolve: { conditionNames: ['@cluster-leader/source', 'types', 'import', 'node', 'default'] } },
  attw: { profile: 'esm-only', level: 'error', excludeEntrypoints: [/\.sql$/] },
};

export default config;
