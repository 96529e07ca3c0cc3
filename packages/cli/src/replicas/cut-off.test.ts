import { fileURLToPath } from 'node:url';
import { expect, it, vi, type TestContext } from 'vitest';
import { startReplicas } from './start-replicas.ts';

vi.setConfig({ testTimeout: 60_000 });

const app = fileURLToPath(new URL('../fixtures/electable.fixture.ts', import.meta.url));
const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=@cluster-leader/source', app];

/** Cuts the sidecar of the leader off, and resolves with all events once another replica is elected. */
async function eventsOfCutOff({ onTestFinished }: TestContext, ...options: readonly string[]): Promise<Events> {
  const events: Record<string, number> = {};
  let onEvent: (() => void) | undefined;
  const set = await startReplicas({
    command: [...node, ...options],
    replicas: 2,
    leaseDurationMs: 3_000,
    onOutput: (name, lines) => {
      for (const line of lines) {
        const [event = '', atMs] = line.split(' ');
        events[`${name} ${event}`] = Number(atMs);
      }
      onEvent?.();
    },
  });
  onTestFinished(() => set.close(0));
  const until = (event: string): Promise<void> =>
    new Promise((resolve) => {
      onEvent = () => event in events && resolve();
      onEvent();
    });
  await until('pod-1 elected');
  await set.replica('pod-1').cutOff('black-hole');
  await until('pod-2 elected');
  expect(set.view()).toMatchObject([
    { name: 'pod-1', leads: true, holdsLock: false, isCutOff: true },
    { name: 'pod-2', leads: true, holdsLock: true, isCutOff: false },
  ]);
  return events;
}

type Events = Readonly<Record<string, number>>;

it('lets two replicas lead if the app reads no lock record and the sidecar of the leader is in a black hole', async (context) => {
  expect(await eventsOfCutOff(context)).not.toHaveProperty(['pod-1 demoted']);
});

it('lets one replica lead, in the same case, if the app reads the lock record', async (context) => {
  const events = await eventsOfCutOff(context, 'lock');
  expect(events['pod-1 demoted']).toBeLessThan(events['pod-2 elected'] ?? 0);
});
