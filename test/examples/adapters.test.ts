import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the adapter in docs/adapters.md keeps the contract of an adapter', async ({ onTestFinished }) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/adapters.md'), 'utf8');
  const [adapter = '', contract = ''] = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
  const folder = mkdtempSync(join(import.meta.dirname, 'readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'leader-interval.ts'), adapter);
  writeFileSync(join(folder, 'leader-interval.test.ts'), contract);

  const args = ['--conditions=@cluster-leader/source', '--test', '--test-reporter=tap', 'leader-interval.test.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });

  expect(stdout).toMatch(/^# pass 1[0-9]$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});
