import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const WORKER = fileURLToPath(new URL('fixtures/worker.fixture.ts', import.meta.url));
const EXEC_ARGV = ['--conditions=@cluster-leader/source', '--disable-warning=ExperimentalWarning'];

// test/agenda/fork.test.ts tests workers together with a real Agenda and a database.
it.each([
  { when: 'its job is cancelled', end: (worker: ChildProcess) => worker.send('cancel') },
  { when: 'its parent has exited', end: (worker: ChildProcess) => worker.disconnect() },
])('aborts the signal of the job when $when', async ({ end }) => {
  const worker = fork(WORKER, { execArgv: EXEC_ARGV, silent: true });
  const written = worker.stdout === null ? '' : text(worker.stdout);
  const exited = once(worker, 'exit');
  await once(worker, 'message');
  end(worker);
  expect(await exited).toEqual([0, null]);
  expect(await written).toBe('ERR_NOT_LEADER\n');
});

it('does not run the job if the parent exited while the worker was starting', async () => {
  const worker = fork(WORKER, { execArgv: EXEC_ARGV, silent: true });
  const errors = worker.stderr === null ? '' : text(worker.stderr);
  const output = worker.stdout === null ? '' : text(worker.stdout);
  const exited = once(worker, 'exit');
  worker.disconnect();
  expect(await exited).toEqual([1, null]);
  expect(await errors).toContain('The job report was cancelled before it began.');
  expect(await output).toBe('');
});
