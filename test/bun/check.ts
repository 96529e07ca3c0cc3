import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startElection } from '@cluster-leader/testing';

// Runs the program under Bun, with the built packages, as two pods beside the HTTP servers of their sidecars.
const election = await startElection({ candidates: 2 });
for (const { name, env } of election.candidates) {
  const { stdout } = await promisify(execFile)('npx', ['-y', 'bun@1', 'program.ts'], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...env },
  });
  console.log(`${name} ${stdout.trim()}`);
  assert.match(stdout, name === election.holder ? /^ran in term 1 on Bun 1\./ : /^skipped: follower/);
}
await election.close();
