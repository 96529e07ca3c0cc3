// Packs the built packages, installs them in a fresh folder as a user would, and runs, bundles and type-checks a consumer
// there.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = ['core', 'agenda', 'kubernetes', 'ledger', 'nestjs', 'node-cron', 'testing', 'cli'];
const HOSTS = [
  'agenda@^6.2.6',
  'node-cron@^4.6.0',
  '@nestjs/common@^12',
  '@nestjs/core@^12',
  '@nestjs/schedule@^12',
  'rxjs@^7',
];
const BUNDLERS = { esbuild: '^0.28.2' };
const COMPILERS = { typescript59: 'npm:typescript@~5.9.3', typescript7: 'npm:typescript@^7.0.2' };

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cluster-leader-consumer-'));
const empty = mkdtempSync(join(tmpdir(), 'cluster-leader-empty-'));

function run(command: string, args: readonly string[], cwd: string): void {
  console.log(`$ ${command} ${args.join(' ')}`);
  execFileSync(command, args, { cwd, stdio: 'inherit' });
}

try {
  for (const name of PACKAGES) {
    run('npx', ['-y', 'pnpm@12', 'pack', '--pack-destination', folder], join(root, 'packages', name));
  }
  const tarballs = readdirSync(folder).map((file) => `file:${join(folder, file)}`);
  cpSync(new URL('consumer', import.meta.url), folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, devDependencies: { ...COMPILERS, ...BUNDLERS } }),
  );
  run(
    'npm',
    ['install', '--no-fund', '--no-audit', ...tarballs, ...HOSTS, 'reflect-metadata', '@types/node@^24'],
    folder,
  );
  run(process.execPath, ['program.mjs'], folder);
  run(process.execPath, ['program.cjs'], folder);
  run(process.execPath, ['queue.mjs'], folder);
  run(process.execPath, ['bundle.mjs'], folder);
  const packed = tarballs.flatMap((name) =>
    /-(core|testing|cli|kubernetes|ledger)-\d/.test(name) ? ['--package', name] : [],
  );
  run('npx', ['-y', ...packed, '--', 'cluster-leader', 'dev', '--replicas', '1', '--', 'echo "in $PWD"'], empty);
  run(process.execPath, ['command-line.mjs'], folder);
  for (const compiler of Object.keys(COMPILERS)) {
    run(process.execPath, [join('node_modules', compiler, 'bin', 'tsc')], folder);
    console.log(`${compiler} accepts it`);
  }
} finally {
  for (const used of [folder, empty]) rmSync(used, { recursive: true });
}
