import { expect, it } from 'vitest';
import { startReplicas } from './start-replicas.ts';

it.each([
  { options: { command: ['true'], replicas: 0 }, says: 'replicas is 0, but it must be a whole number above 0' },
  { options: { command: ['true'], replicas: 1.5 }, says: 'replicas is 1.5' },
  { options: { command: [] }, says: 'command is [], but it must be a list of words, the first of which is a program' },
  { options: { command: [''] }, says: "command is [ '' ]" },
  { options: { command: ['true'], leaseDurationMs: -1 }, says: 'leaseDurationMs is -1' },
])('refuses to start $options', async ({ options, says }) => {
  await expect(startReplicas(options)).rejects.toThrow(says);
});

it('kills, pauses, heals and restarts a replica, one step after the other', async () => {
  const set = await startReplicas({ command: ['sleep', '1000'], replicas: 1, leaseDurationMs: 600 });
  const [replica] = set.replicas;
  const { pid } = replica ?? {};
  await Promise.all([replica?.kill(), replica?.pause(), replica?.kill(), replica?.heal()]);
  expect([replica?.state, replica?.candidate.state]).toEqual(['dead', 'ended']);
  await Promise.all([replica?.restart(), replica?.pause()]);
  expect([replica?.state, replica?.candidate.state]).toEqual(['paused', 'paused']);
  expect(replica?.pid).not.toBe(pid);
  await replica?.heal();
  expect([replica?.state, replica?.candidate.state]).toEqual(['running', 'running']);
  expect(() => set.replica('pod-2')).toThrow("name is 'pod-2', but it must be the name of a replica: pod-1");
  await set.close();
  expect([replica?.state, replica?.candidate.state]).toEqual(['dead', 'ended']);
  await set.close();
});
