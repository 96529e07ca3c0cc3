import type { RunStore } from '@cluster-leader/ledger';
import { startElection, type ApiServer } from '@cluster-leader/testing';
import { expect, onTestFinished, test } from 'vitest';
import { serve } from '../fixtures/api-server.ts';
import { claimOf, holderOf, LIMITS } from '../fixtures/run-document.ts';
import { configMapStore, createStore, type ConfigMapStoreOptions } from './config-map-store.ts';

const A = holderOf('a');
const MINUTE = 60_000;
const SLOT_MS = Math.floor(Date.now() / MINUTE) * MINUTE;

async function startApiServer(): Promise<ApiServer> {
  const election = await startElection();
  onTestFinished(() => election.close());
  return election.apiServer;
}

function newStore(options: ConfigMapStoreOptions, writesPerMinute = 1_000): RunStore {
  const store = createStore({ namespace: 'default', ...options }, {}, '/nowhere', writesPerMinute);
  onTestFinished(() => store.close());
  return store;
}

test('keeps jobs and runs for all replicas, under names of any script', async () => {
  const { url } = await startApiServer();
  const [store, other] = [newStore({ server: url }), newStore({ server: url })];
  const holder = { ...A, namespace: 'Büro/1' };
  await store.migrate();
  const [job] = await store.register('Büro/1', [{ job: 'счета 請求書', fingerprint: 'f' }]);
  expect(job).toMatchObject({ revision: 1 });
  const claims = [{ ...claimOf('счета 請求書', SLOT_MS), term: 3, fencingToken: 2n ** 70n }];
  expect(await store.claim(holder, claims, LIMITS)).toEqual(['claimed']);
  expect(await other.jobs('Büro/1')).toEqual([job]);
  expect(await other.runs('Büro/1', { limit: 10 })).toMatchObject([
    { job: 'счета 請求書', slot: new Date(SLOT_MS), state: 'running', pod: 'a', term: 3, fencingToken: 2n ** 70n },
  ]);
  expect(await other.runs('another', { limit: 10 })).toEqual([]);
});

test('gives each slot to one of three replicas that claim at once', async () => {
  const { url } = await startApiServer();
  const claims = Array.from({ length: 20 }, (_, index) => claimOf(`job ${index}`, SLOT_MS));
  const outcomes = await Promise.all(
    ['a', 'b', 'c'].map((pod) => newStore({ server: url }).claim(holderOf(pod), claims, LIMITS)),
  );
  for (const index of claims.keys()) {
    expect(outcomes.filter((one) => one[index] === 'claimed')).toHaveLength(1);
    expect(outcomes.filter((one) => one[index] === 'taken')).toHaveLength(2);
  }
});

test('writes once for the calls of one tick', async () => {
  const { url } = await startApiServer();
  const store = newStore({ server: url }, 1);
  const calls = Array.from({ length: 50 }, (_, index) => store.claim(A, [claimOf(`job ${index}`, SLOT_MS)], LIMITS));
  expect((await Promise.all(calls)).flat()).toEqual(Array.from({ length: 50 }, () => 'claimed'));
});

test('refuses a job that is too fine without failing the other calls of its tick', async () => {
  const { url } = await startApiServer();
  const store = newStore({ server: url });
  const fine = store.claim(A, [claimOf('fine', SLOT_MS), claimOf('fine', SLOT_MS - 1_000)], LIMITS);
  const coarse = store.claim(A, [claimOf('coarse', SLOT_MS)], LIMITS);
  await expect(fine).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
  expect(await coarse).toEqual(['claimed']);
});

test('refuses more writes a minute than allowed, but still reads', async () => {
  const { url } = await startApiServer();
  const store = newStore({ server: url }, 1);
  await store.claim(A, [claimOf('a', SLOT_MS)], LIMITS);
  await expect(store.claim(A, [claimOf('b', SLOT_MS)], LIMITS)).rejects.toThrow(/at most 1 times a minute/);
  expect(await store.runs('billing', { limit: 10 })).toHaveLength(1);
});

test('names the Role to apply if the service account may not use the ConfigMap', async () => {
  const apiServer = await startApiServer();
  apiServer.forbid();
  const claiming = newStore({ server: apiServer.url, token: 'secret' }).claim(A, [claimOf('a', SLOT_MS)], LIMITS);
  await expect(claiming).rejects.toThrow(/resourceNames: \[cluster-leader-runs\.billing\], verbs: \[get, update\]/);
  await expect(claiming).rejects.not.toThrow(/secret/);
});

test('rejects while the API server is read-only or gone, and goes on afterwards', async () => {
  const apiServer = await startApiServer();
  const store = newStore({ server: apiServer.url });
  const claims = [claimOf('a', SLOT_MS)];
  apiServer.readOnly();
  await expect(store.claim(A, claims, LIMITS)).rejects.toThrow(/503/);
  apiServer.readOnly(false);
  await apiServer.stop();
  await expect(store.claim(A, claims, LIMITS)).rejects.toThrow(/could not be asked/);
  await apiServer.start();
  expect(await store.claim(A, claims, LIMITS)).toEqual(['claimed']);
});

test('judges slots by the clock of the API server, not by that of this process', async () => {
  const server = await serve((_request, response) => {
    response.writeHead(404, { date: new Date(SLOT_MS - 3_600_000).toUTCString() }).end('{}');
  });
  const store = newStore({ server: server.url });
  expect(await store.claim(A, [claimOf('a', SLOT_MS)], LIMITS)).toEqual(['clock-ahead']);
});

test('keeps the data of other programs, and rejects runs that it cannot read', async () => {
  let body = '';
  const data: Record<string, string> = { note: 'ours' };
  const server = await serve((request, response) => {
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, data })));
  });
  const store = newStore({ server: server.url });
  await store.claim(A, [claimOf('a', SLOT_MS)], LIMITS);
  expect(JSON.parse(body)).toMatchObject({ metadata: { resourceVersion: '7' }, data: { note: 'ours' } });
  data[`job-${'0'.repeat(32)}`] = '{}';
  await expect(store.claim(A, [claimOf('a', SLOT_MS)], LIMITS)).rejects.toThrow(/delete it to begin anew/);
});

test.each<[string, object]>([
  ['name', { name: 'Not_a_name' }],
  ['namespace', { namespace: 'a/b' }],
  ['nmae', { nmae: 'x' }],
])('refuses a wrong %s', (option, options) => {
  expect(() => configMapStore(options)).toThrow(option);
});
