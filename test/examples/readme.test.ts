import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startElection, type Election } from '@cluster-leader/testing';
import { startPostgres, type Database } from '../../examples/agenda/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Each example in its order, and what it prints on the leading pod; undefined where it goes on until it is killed. */
const EXAMPLES: Readonly<Record<string, readonly { readonly prints: string; readonly ends: boolean }[]>> = {
  'README.md': [
    { prints: 'billing in term 1', ends: false },
    { prints: 'sending the invoices', ends: true },
  ],
  'packages/core/README.md': [
    { prints: 'before a side effect\nsent in term 1', ends: true },
    { prints: 'this pod leads', ends: true },
  ],
  'packages/node-cron/README.md': [
    { prints: 'reporting in term 1', ends: false },
    { prints: 'on the leader', ends: false },
  ],
  'packages/agenda/README.md': [{ prints: 'reporting in term 1', ends: false }],
  'packages/cli/README.md': [{ prints: 'takes over', ends: true }],
  'packages/nestjs/README.md': [
    { prints: 'reporting in term 1', ends: false },
    { prints: 'billing on the leader', ends: false },
    { prints: '200', ends: true },
    { prints: 'undefined\nsent', ends: true },
  ],
  'packages/testing/README.md': [
    { prints: 'undefined\nsent', ends: true },
    { prints: 'sendInvoices was interrupted\nundefined', ends: true },
    { prints: 'takes over', ends: true },
  ],
};

describe('An example in a README runs as it stands:', () => {
  let election: Election;
  let postgres: Database;
  let folder: string;

  beforeAll(async () => {
    [election, postgres] = await Promise.all([startElection({ candidates: 1 }), startPostgres()]);
    folder = mkdtempSync(join(import.meta.dirname, 'readme-'));
  }, 30_000);

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await Promise.all([election.close(), postgres.stop()]);
  });

  for (const [file, examples] of Object.entries(EXAMPLES)) {
    const sources = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(
      ([, code]) => code ?? '',
    );

    it(`${file} has no example that is not run`, () => {
      expect(sources).toHaveLength(examples.length);
    });

    it.concurrent.each(examples.map((example, index) => ({ ...example, index })))(
      `${file}, example $index prints "$prints"`,
      async ({ prints, ends, index }) => {
        const program = join(folder, `${file.replaceAll('/', '-')}-${index}.ts`);
        writeFileSync(program, sources[index] ?? '');
        const env = { ...process.env, ...election.candidates[0]?.env, DATABASE_URL: postgres.url };
        const flags = ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'];
        // Node.js strips types, but decorators need more.
        if (file.includes('nestjs')) flags.push('--import=@oxc-node/core/register');
        const child = spawn(process.execPath, [...flags, program], {
          env,
          stdio: ['ignore', 'pipe', 'inherit'],
          cwd: import.meta.dirname,
        });
        const exited = once(child, 'exit');
        let printed = '';
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          printed += chunk;
          if (!ends && printed.includes(prints)) child.kill('SIGKILL');
        });
        await exited;
        expect(printed).toContain(prints);
        expect(child.exitCode).toBe(ends ? 0 : null);
      },
    );
  }
});
