import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { startSidecar } from '../support/start-sidecar.ts';
import type { Outcome } from './fixtures/busy-app.ts';

/** A poll of a service with default settings comes up to a tenth late. */
const POLL_MS = 1.1 * 750;

test('a leader keeps its term while a job blocks the event loop in slices of 600 ms', async () => {
  const { led } = await runBusyApp({ sliceMs: 600, slices: 34 });
  expect(led).toEqual(Array.from({ length: 34 }, () => true));
}, 60_000);

test('a leader leads within two polls after a job that blocks the event loop in slices of 1 200 ms', async () => {
  const { leadsAfterMs } = await runBusyApp({ sliceMs: 1_200, slices: 17 });
  expect(leadsAfterMs).toBeLessThanOrEqual(2 * POLL_MS);
}, 60_000);

test('control: a slice of 3.5 s ends the term, and the leader does not lead within two polls', async () => {
  const { led, leadsAfterMs } = await runBusyApp({ sliceMs: 3_500, slices: 1 });
  expect(led).toEqual([false]);
  expect(leadsAfterMs).toBeGreaterThan(2 * POLL_MS);
}, 60_000);

/** Runs the app beside a sidecar that answers in about 1 ms, each in its own process. */
async function runBusyApp({ sliceMs, slices }: Record<'sliceMs' | 'slices', number>): Promise<Outcome> {
  const sidecar = await startSidecar();
  onTestFinished(() => sidecar.stop());
  const app = fork(new URL('fixtures/busy-app.ts', import.meta.url), [sidecar.url.href, `${sliceMs}`, `${slices}`], {
    execArgv: ['--conditions=@cluster-leader/source'],
  });
  onTestFinished(() => void app.kill());
  const [outcome]: Outcome[] = await once(app, 'message');
  if (outcome === undefined) throw new Error('The app has ended without an outcome.');
  return outcome;
}
