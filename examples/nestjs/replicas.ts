// Three replicas of the app on this machine, each beside its own sidecar, on three ports from 3001 on. End it with Ctrl+C.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startElection } from '@cluster-leader/testing';

/** Short, so that a take-over does not take long; Kubernetes runs with 10 to 15 s. */
const LEASE_MS = 3_000;
const FIRST_PORT = Number(process.env['FIRST_PORT'] ?? 3_001);

const election = await startElection({ candidates: 3, leaseDurationMs: LEASE_MS, processes: true });
const flags = ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'];
const program = ['--import', '@oxc-node/core/register', 'src/main.ts'];

const replicas = election.candidates.map(({ name, env }, index) => {
  const port = String(FIRST_PORT + index);
  const child = spawn(process.execPath, [...flags, ...program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, ...env, LEASE_DURATION_MS: String(LEASE_MS), NO_COLOR: '1', PORT: port },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface(child.stdout).on('line', (line) => console.log(`${name}  ${line.replace(/^\[Nest\].*? - /, '')}`));
  console.log(`${name}  health on http://localhost:${port}/health`);
  return child;
});

const exits = replicas.map((child) => once(child, 'exit'));

async function end(): Promise<void> {
  for (const child of replicas) child.kill('SIGTERM');
  await Promise.all(exits);
  await election.close();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
