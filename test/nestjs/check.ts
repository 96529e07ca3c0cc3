// Packs the built packages, installs them in new apps of both majors of NestJS, and runs there every case, the README's
// examples, and 60 ticks of three replicas.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runReadmeTestInJest } from './readme-in-jest.ts';
import { runTicks } from './ticks.ts';
import { runReadmeReplicas } from './readme-replicas.ts';

interface Major {
  readonly name: string;
  readonly type: 'commonjs' | 'module';
  readonly dependencies: readonly string[];
}

const NEST = ['common', 'core', 'microservices', 'platform-express', 'terminus', 'testing', 'websockets'];
const SHARED = [
  'bullmq@^5',
  'esbuild@^0.25',
  'cron@4.4.0',
  'reflect-metadata@^0.2.2',
  'rxjs@^7.8.2',
  'typescript@~5.9.3',
  '@types/node@^24',
];

const MAJORS: readonly Major[] = [
  {
    name: 'NestJS 11 with schedule 6, CommonJS',
    type: 'commonjs',
    dependencies: [
      ...[...NEST, 'bullmq'].map((name) => `@nestjs/${name}@^11`),
      '@nestjs/schedule@^6',
      '@nestjs/event-emitter@^3',
      'jest@^30',
      'ts-jest@^29',
    ],
  },
  {
    name: 'NestJS 12 with schedule 12, ES modules',
    type: 'module',
    dependencies: [...NEST, 'bullmq', 'schedule', 'event-emitter'].map((name) => `@nestjs/${name}@^12`),
  },
];

/** The time limit of each command. */
const LIMIT_MS = 300_000;

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cluster-leader-nestjs-'));

/** Runs a command, and prints its output only when it has ended, because two commands run at once. */
async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const startedAtMs = Date.now();
  const ran = promisify(execFile)(command, args, { cwd, maxBuffer: Number.POSITIVE_INFINITY, timeout: LIMIT_MS });
  const { stdout, stderr } = await ran.catch((error: unknown) => {
    console.log(error);
    throw new Error(`${command} ${args.join(' ')} failed in ${cwd}`);
  });
  const seconds = ((Date.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(`$ ${command} ${args.join(' ')} # ${seconds} s\n${stdout}${stderr}`);
}

/**
 * Installs an app of one major, compiles the cases with tsc, as Nest's own compiler does, and returns the folder of the
 * app.
 */
async function install({ type, dependencies }: Major): Promise<string> {
  const app = join(folder, type);
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  cpSync(new URL('fixture', import.meta.url), join(app, 'src'), { recursive: true });
  cpSync(new URL('cases', import.meta.url), join(app, 'src', 'cases'), { recursive: true });
  cpSync(new URL('replica.ts', import.meta.url), join(app, 'src', 'replica.ts'));
  cpSync(join(app, 'src', 'tsconfig.json'), join(app, 'tsconfig.json'));
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type }));
  const packages = tarballs.map((file) => `file:${join(folder, file)}`);
  await run('npm', ['install', '--no-fund', '--no-audit', ...packages, ...dependencies, ...SHARED], app);
  await run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc')], app);
  return app;
}

/** Packages that Nest loads only if they are installed, so that a bundle works without them. */
const OPTIONAL = ['@nestjs/event-emitter', '@nestjs/microservices', '@nestjs/websockets', 'class-transformer'];

/** Bundles and minifies the replica, as many apps are deployed, which renames all classes. Returns the file. */
async function bundle(app: string): Promise<string> {
  const file = join('dist', 'replica.min.cjs');
  const external = [...OPTIONAL, '@nestjs/platform-express', 'class-validator'].map((name) => `--external:${name}`);
  const flags = ['--bundle', '--minify', '--platform=node', `--outfile=${file}`, ...external];
  await run(join(app, 'node_modules', '.bin', 'esbuild'), ['dist/replica.js', ...flags], app);
  const imported = /(?:require|import)\("(@nestjs\/event-emitter)"\)/.exec(readFileSync(join(app, file), 'utf8'));
  assert.equal(imported, null, 'a bundle does not import an optional package');
  return file;
}

try {
  const pack = ['-y', 'pnpm@12', 'pack', '--pack-destination', folder];
  await Promise.all(
    ['core', 'nestjs', 'kubernetes', 'ledger', 'testing', 'cli'].map((name) =>
      run('npx', pack, join(root, 'packages', name)),
    ),
  );
  const apps = await Promise.all(MAJORS.map(async (major) => ({ ...major, app: await install(major) })));
  await Promise.all(apps.map(({ app }) => run(process.execPath, ['--test-reporter=dot', 'dist/run.js'], app)));
  for (const { app, type } of apps) if (type === 'commonjs') await runReadmeTestInJest(app, run);
  // All at once, because most of the time they wait for the next second.
  const [tables, runs] = await Promise.all([
    Promise.all(
      apps.map(async ({ app, type }) => runTicks([type === 'commonjs' ? await bundle(app) : 'dist/replica.js'], app)),
    ),
    Promise.all(apps.map(({ app }) => runReadmeReplicas(app))),
  ]);
  for (const [index, table] of tables.entries()) console.log(`\n== ${apps[index]?.name}: 60 ticks\n${table}`);
  for (const [index, ran] of runs.entries()) {
    console.log(`== ${apps[index]?.name}: the README's three replicas, job on ${ran.join(', then on ')}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
