import { expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { ApiObject } from '../api-server/api-object.ts';
import { pathOf, RESOURCES } from '../api-server/resource.ts';
import { exchange } from '../fixtures/api-client.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { comparable, recordedAnswer } from '../../../../test/support/recorded-answer.ts';
import { contentOf } from '../lock/lock-content.ts';
import type { Dialect } from '../sidecar/dialect.ts';
import type { Election } from './election.ts';
import type { ElectionOptions } from './election-options.ts';
import { startElection } from './start-election.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

async function start({ onTestFinished }: TestContext, options: ElectionOptions): Promise<Election> {
  const election = await startElection({ candidates: 2, ...options });
  onTestFinished(() => election.close());
  return election;
}

function lockUrl({ apiServer, lock }: Election): string {
  return `${apiServer.url}${pathOf(RESOURCES[lock.kind], lock.namespace, lock.name)}`;
}

async function readLock(election: Election): Promise<ApiObject> {
  return exchange('GET', lockUrl(election));
}

/** Returns `text` without what differs from election to election: its name, the pod that leads, how often that changed. */
function anonymous(text: string): string {
  return text
    .replace(/"(?:e-[\w.]+|my-app)"/, '"election"')
    .replaceAll(/pod-\d/g, 'pod')
    .replace(/(Transitions\W+)\d/, '$10');
}

test.for<[Dialect, string]>([
  ['leader-elector', 'endpoints-0.5'],
  ['leader-elector-head', 'endpoints-head'],
  ['kkosmrli', 'configmap-kkosmrli'],
  ['nais', 'lease-nais'],
  ['krmcbride', 'lease-krmcbride'],
  ['vapor', 'lease-vapor'],
])('writes the lock record as the real program does: %s', async ([dialect, name], context) => {
  const { body } = recordedAnswer(name);
  const election = await start(context, { dialect });
  const written = JSON.stringify(await readLock(election));
  expect(comparable(anonymous(written))).toEqual(comparable(anonymous(body)));
});

test('counts one transition when leader-elector takes over, and none from its first renewal on', async (context) => {
  const election = await start(context, { leaseDurationMs: 800 });
  expect(contentOf(await readLock(election))).toMatchObject({ transitions: 0 });
  await election.candidate('pod-1').kill();
  await election.nextHolder();
  expect(contentOf(await readLock(election))).toMatchObject({ holder: 'pod-2', transitions: 1 });
  await nextRenewal(election);
  expect(contentOf(await readLock(election))).toMatchObject({ holder: 'pod-2', transitions: 0 });
});

test.for(['kkosmrli', 'krmcbride'] as const)(
  'keeps the number of transitions at a renewal: %s',
  async (dialect, context) => {
    const election = await start(context, { dialect, leaseDurationMs: 800 });
    await election.candidate('pod-1').kill();
    await election.nextHolder();
    await nextRenewal(election);
    expect(contentOf(await readLock(election))).toMatchObject({ holder: 'pod-2', transitions: 1 });
  },
);

test.for(['leader-elector', 'krmcbride'] as const)(
  'renews a short lease with a duration in fractions of a second and a later time: %s',
  async (dialect, context) => {
    const election = await start(context, { dialect, leaseDurationMs: 400 });
    const first = contentOf(await readLock(election));
    expect(first.leaseDurationSeconds).toBe(0.4);
    await election.until(({ holder }) => holder === 'pod-1');
    await nextRenewal(election);
    await nextRenewal(election);
    const later = contentOf(await readLock(election));
    expect(Date.parse(later.renewTime ?? '')).toBeGreaterThan(Date.parse(first.renewTime ?? ''));
    expect(later.acquireTime).toBe(first.acquireTime);
  },
);

test('makes the lock of nais property of the pod, which has another uid each time it is created', async (context) => {
  const election = await start(context, { dialect: 'nais', leaseDurationMs: 400 });
  const [first, second] = election.candidates;
  const before = await readLock(election);
  expect(before.metadata.ownerReferences).toMatchObject([{ kind: 'Pod', name: 'pod-1', uid: first?.env.MY_POD_UID }]);
  const uid = first?.env.MY_POD_UID;
  await first?.leave();
  await election.until(({ holder }) => holder === 'pod-2');
  const after = await readLock(election);
  expect(after.metadata.ownerReferences).toMatchObject([{ name: 'pod-2', uid: second?.env.MY_POD_UID }]);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  await first?.restart();
  expect(first?.env.MY_POD_UID).not.toBe(uid);
});

test.for([false, true])('releases the lock of vapor on SIGTERM, with processes: %s', async (processes, context) => {
  const election = await start(context, { dialect: 'vapor', processes, candidates: 1, leaseDurationMs: 2_000 });
  await election.candidate('pod-1').leave();
  expect(election.holder).toBeUndefined();
  const { acquireTime, ...content } = contentOf(await readLock(election));
  expect(content).toEqual({ holder: '', leaseDurationSeconds: 0.2, renewTime: acquireTime, transitions: 0 });
});

test('SIGTERM ends a sidecar of vapor that cannot reach the API server to release its lock', async (context) => {
  const election = await start(context, { dialect: 'vapor', candidates: 1, leaseDurationMs: 600 });
  const only = election.candidate('pod-1');
  await only.cutOff('black-hole');
  await only.leave();
  expect(only.state).toBe('ended');
  expect(election.holder).toBe('pod-1');
});
