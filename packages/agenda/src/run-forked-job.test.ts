import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const WORKER = fileURLToPath(new URL('fixtures/worker.fixture.ts', import.meta.url));
const EXEC_ARGV = ['--conditions=@cluster-leader/source', '--disable-warning=ExperimentalWarning'];

// What a worker is to Agenda and a database is tested in test/agenda/fork.test.ts.
it.each([
  { when: 'its job is cancelled', end: (worker: ChildProcess) => worker.send('cancel') },
  { when: 'its parent is gone', end: (worker: ChildProcess) => worker.disconnect() },
])('aborts the signal in a worker when $when', async ({ end }) => {
  const worker = fork(WORKER, { execArgv: EXEC_ARGV, silent: true });
  const written = worker.stdout === null ? '' : text(worker.stdout);
  const exited = once(worker, 'exit');
  await once(worker, 'message');
  end(worker);
  expect(await exited).toEqual([0, null]);
  expect(await written).toBe('ERR_NOT_LEADER\n');
});

it('runs nothing in a worker whose parent was gone before it was up', async () => {
  const worker = fork(WORKER, { execArgv: EXEC_ARGV, silent: true });
  const said = worker.stderr === null ? '' : text(worker.stderr);
  const begun = worker.stdout === null ? '' : text(worker.stdout);
  const exited = once(worker, 'exit');
  worker.disconnect();
  expect(await exited).toEqual([1, null]);
  expect(await said).toContain('The job report was cancelled before it began.');
  expect(await begun).toBe('');
});
