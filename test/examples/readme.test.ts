import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startElection, type Election } from '@cluster-leader/testing';
import { startPostgres, type Database } from 'example-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

interface Example {
  /** What it prints on the leading pod. */
  readonly prints: string;
  /** Whether it exits by itself. Otherwise it is killed once it has printed that. */
  readonly ends: boolean;
}

/** The examples of each file, in their order. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
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
    { prints: 'billed with key billing/invoices/', ends: false },
  ],
  'packages/agenda/README.md': [{ prints: 'reporting in term 1', ends: false }],
  'packages/cli/README.md': [{ prints: 'takes over', ends: true }],
  'packages/kubernetes/README.md': [{ prints: 'token ', ends: true }],
  'packages/ledger/README.md': [{ prints: "{ ran: false, reason: 'claimed' }", ends: true }],
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

/** A module that makes a program an app with an HTTP server, which keeps its process alive. */
const HTTP_SERVER = `data:text/javascript,import { createServer } from 'node:http'; createServer().listen(0);`;

describe('An example in a README runs as it stands:', () => {
  let election: Election;
  let postgres: Database;
  let folder: string;

  beforeAll(async () => {
    [election, postgres] = await Promise.all([startElection({ candidates: 1, dialect: 'krmcbride' }), startPostgres()]);
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

    const rows = examples.map((example, index) => {
      const source = sources[index] ?? '';
      const handlesSigterm = source.includes("process.once('SIGTERM'");
      const ending = handlesSigterm ? ', and exits on SIGTERM beside an HTTP server' : '';
      return { ...example, index, source, handlesSigterm, ending };
    });

    it.concurrent.for(rows)(
      `${file}, example $index prints "$prints"$ending`,
      async ({ prints, ends, index, source, handlesSigterm }, { onTestFinished }) => {
        const isNest = file.includes('nestjs');
        const program = join(folder, `${file.replaceAll('/', '-')}-${index}.${isNest ? 'ts' : 'mjs'}`);
        writeFileSync(program, source);
        const env = { ...process.env, ...election.candidates[0]?.env, DATABASE_URL: postgres.url };
        const flags = ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'];
        if (handlesSigterm) flags.push(`--import=${HTTP_SERVER}`);
        // Node.js strips types, but decorators need more.
        if (isNest) flags.push('--import=@oxc-node/core/register');
        const child = spawn(process.execPath, [...flags, program], {
          env,
          stdio: ['ignore', 'pipe', 'inherit'],
          cwd: import.meta.dirname,
        });
        onTestFinished(() => void child.kill('SIGKILL'));
        const exited = once(child, 'exit');
        let printed = '';
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          printed += chunk;
          if (!ends && printed.includes(prints)) child.kill(handlesSigterm ? 'SIGTERM' : 'SIGKILL');
        });
        await exited;
        expect(printed).toContain(prints);
        expect(child.exitCode).toBe(ends || handlesSigterm ? 0 : null);
      },
    );
  }
});
