// Bundles programs as users do, minified and for either module format, and runs each bundle without any node_modules.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const PROGRAMS = ['bundled-app.mjs', 'program.cjs'];
/** Optional packages of Nest itself, which it requires although they are not installed. Ours need no such list. */
const NEST_OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
];
/** What undici and others, which are CommonJS, need in an ES module. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

const FORMATS = [
  { format: 'cjs', extension: 'cjs', banner: '' },
  { format: 'esm', extension: 'mjs', banner: REQUIRE },
];

const folder = mkdtempSync(join(tmpdir(), 'cluster-leader-bundle-'));
try {
  for (const program of PROGRAMS) {
    for (const { format, extension, banner } of FORMATS) {
      const outfile = join(folder, `${program}.${extension}`);
      await build({
        entryPoints: [program],
        outfile,
        format,
        banner: { js: banner },
        bundle: true,
        minify: true,
        platform: 'node',
        external: NEST_OPTIONAL,
        logLevel: 'error',
      });
      console.log(`${program} as ${format}:`);
      execFileSync(process.execPath, [outfile], { cwd: folder, stdio: 'inherit', timeout: 60_000 });
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
