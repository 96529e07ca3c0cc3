import type { UserConfig } from 'tsdown';

const config: UserConfig = {
  workspace: ['packages/*'],
  entry: 'src/{index,adapter-kit,bin,mongodb,postgres,redis,sidecar-process,supervisor-process}.ts',
  dts: true,
  fixedExtension: false,
  publint: true,
  deps: { neverBundle: /^#/ }, // what a package's own manifest maps, by conditions of the app that imports it
  attw: { profile: 'esm-only', level: 'error' },
};

export default config;
