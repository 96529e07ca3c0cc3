import { expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import type { Election } from '../election/election.ts';
import type { ElectionOptions } from '../election/election-options.ts';
import { startElection } from '../election/start-election.ts';
import { exchange, linesOf, send } from '../fixtures/api-client.ts';
import { nextRenewal } from '../fixtures/next-renewal.ts';
import { untyped } from '../fixtures/untyped.ts';
import { pathOf, RESOURCES } from './resource.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const lockPath = pathOf(RESOURCES.Endpoints, 'default', 'my-app');
const mapsPath = pathOf(RESOURCES.ConfigMap, 'default');

async function start({ onTestFinished }: TestContext, options: ElectionOptions = {}): Promise<Election> {
  const election = await startElection({ candidates: 2, leaseDurationMs: 600, ...options });
  onTestFinished(() => election.close());
  return election;
}

test('serves the lock record to every app, and its changes to a watch', async (context) => {
  const election = await start(context);
  const [first] = election.candidates;
  expect(election.lock).toEqual({ kind: 'Endpoints', namespace: 'default', name: 'my-app' });
  const urls = [election.apiServer.url, first?.apiUrl ?? '', election.candidate('pod-2').apiUrl];
  expect(new Set(urls).size).toBe(3);
  for (const url of urls) expect((await exchange('GET', `${url}${lockPath}`)).metadata.name).toBe('my-app');
  const lines = linesOf(
    `${first?.apiUrl}${pathOf(RESOURCES.Endpoints, 'default')}?watch=true&fieldSelector=metadata.name%3Dmy-app`,
  );
  expect((await lines.next()).value).toMatch(/^{"type":"ADDED"/);
  expect((await lines.next()).value).toMatch(/^{"type":"MODIFIED"/);
  await lines.return();
});

test('refuses connections between stop() and start(), and ends those that are open', async (context) => {
  const { apiServer, candidates } = await start(context);
  const { url } = apiServer;
  const watch = linesOf(`${url}${mapsPath}?watch=true&fieldSelector=metadata.name%3Dx`);
  const event = watch.next();
  const created = await exchange('POST', `${url}${mapsPath}`, { metadata: { name: 'y' } });
  await Promise.all([apiServer.stop(), expect(event).rejects.toThrow(/fetch failed|terminated/)]);
  await expect(send('GET', `${url}${mapsPath}/y`)).rejects.toThrow(/fetch failed|terminated/);
  await expect(send('GET', `${candidates[0]?.apiUrl}${mapsPath}/y`)).rejects.toThrow(/fetch failed|terminated/);
  await apiServer.start();
  expect(await exchange('GET', `${url}${mapsPath}/y`)).toEqual(created);
});

test('a path that was cut off stays so when the API server starts, and a healed one while it is stopped', async (context) => {
  const election = await start(context, { candidates: 1 });
  const only = election.candidate('pod-1');
  await election.apiServer.stop();
  await only.cutOff();
  await election.apiServer.start();
  await election.until(() => only.claim === '');
  await election.apiServer.stop();
  await only.heal();
  await expect(send('GET', `${only.apiUrl}${lockPath}`)).rejects.toThrow(/fetch failed|terminated/);
  await election.apiServer.start();
  await election.until(() => only.claimsToLead);
});

test('sends answers and events later while it is slow', async (context) => {
  const { apiServer } = await start(context);
  const watch = linesOf(`${apiServer.url}${mapsPath}?watch=true&fieldSelector=metadata.name%3Dx`);
  const event = watch.next();
  apiServer.slow(200);
  const writtenAtMs = performance.now();
  await exchange('POST', `${apiServer.url}${mapsPath}`, { metadata: { name: 'x' } });
  await event;
  expect(performance.now() - writtenAtMs).toBeGreaterThanOrEqual(195);
  await watch.return();
  const startedAtMs = performance.now();
  await exchange('GET', `${apiServer.url}${lockPath}`);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(195);
  apiServer.slow(60_000);
  const late = exchange('GET', `${apiServer.url}${lockPath}`);
  await Promise.all([apiServer.stop(), expect(late).rejects.toThrow(/fetch failed|terminated/)]);
  apiServer.slow(0);
  await apiServer.start();
  await exchange('GET', `${apiServer.url}${lockPath}`);
});

test('answers reads and fails writes with 503 while it is read-only', async (context) => {
  const { apiServer } = await start(context);
  apiServer.readOnly();
  await exchange('GET', `${apiServer.url}${lockPath}`);
  const write = { metadata: { name: 'x' } };
  expect(await send('POST', `${apiServer.url}${mapsPath}`, write)).toMatchObject({ status: 503 });
  apiServer.readOnly(false);
  await exchange('POST', `${apiServer.url}${mapsPath}`, write);
});

test('loseData() empties the database: versions begin anew, and the lock has another uid', async (context) => {
  const election = await start(context);
  const { apiServer } = election;
  const before = await exchange('GET', `${apiServer.url}${lockPath}`);
  await exchange('POST', `${apiServer.url}${mapsPath}`, { metadata: { name: 'x' } });
  for (let renewal = 0; renewal < 3; renewal += 1) await nextRenewal(election);
  const { version } = await exchange('GET', `${apiServer.url}${lockPath}`).then(({ metadata }) => ({
    version: Number(metadata.resourceVersion),
  }));
  await apiServer.loseData();
  await election.until(({ holder }) => holder !== undefined);
  const after = await exchange('GET', `${apiServer.url}${lockPath}`);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect(Number(after.metadata.resourceVersion)).toBeLessThan(version);
  expect(await send('GET', `${apiServer.url}${mapsPath}/x`)).toMatchObject({ status: 404 });
});

test('nais elects a leader of the same pods after the loss of all data', async (context) => {
  const election = await start(context, { dialect: 'nais' });
  const uids = election.candidates.map(({ env }) => env.MY_POD_UID);
  await election.apiServer.loseData();
  await election.until(({ holder }) => holder !== undefined);
  const lock = await exchange('GET', `${election.apiServer.url}${pathOf(RESOURCES.Lease, 'default', 'my-app')}`);
  expect(uids).toContain(lock.metadata.ownerReferences?.[0]?.uid);
});

test('deleteLock() deletes the lock, which a sidecar creates again with another uid and a greater version', async (context) => {
  const election = await start(context);
  const before = await exchange('GET', `${election.apiServer.url}${lockPath}`);
  election.apiServer.deleteLock();
  expect(election.holder).toBeUndefined();
  expect(await send('GET', `${election.apiServer.url}${lockPath}`)).toMatchObject({ status: 404 });
  await election.until(({ holder }) => holder !== undefined);
  const after = await exchange('GET', `${election.apiServer.url}${lockPath}`);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect(BigInt(after.metadata.resourceVersion)).toBeGreaterThan(BigInt(before.metadata.resourceVersion));
});

test('forbid() and requireToken() concern the apps, not the sidecars', async (context) => {
  const election = await start(context);
  const { apiServer } = election;
  const url = `${apiServer.url}${lockPath}`;
  apiServer.forbid();
  expect(await send('GET', url)).toMatchObject({ status: 403, text: expect.stringMatching(/default:nobody/) });
  apiServer.forbid(false);
  apiServer.requireToken('secret');
  expect(await send('GET', url, undefined, 'secret')).toMatchObject({ status: 200 });
  expect(await send('GET', url, undefined, 'old')).toMatchObject({ status: 401 });
  await nextRenewal(election);
  expect(election.candidate('pod-1').claimsToLead).toBe(true);
  apiServer.requireToken();
  expect(await send('GET', url, undefined, 'old')).toMatchObject({ status: 200 });
});

test('gives an app its lock and its ConfigMaps by name, and nothing else', async (context) => {
  const { apiServer } = await start(context);
  const status = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await send(method, `${apiServer.url}${path}`, body)).status;
  const map = { metadata: { name: 'runs' } };
  expect(await status('POST', mapsPath, map)).toBe(201);
  expect(await status('PUT', `${mapsPath}/runs`, map)).toBe(200);
  expect(await status('GET', `${mapsPath}/runs`)).toBe(200);
  expect(await status('DELETE', `${mapsPath}/runs`)).toBe(200);
  expect(await status('GET', mapsPath)).toBe(403);
  expect(await status('PUT', lockPath, map)).toBe(403);
  expect(await status('DELETE', lockPath)).toBe(403);
  expect(await status('GET', pathOf(RESOURCES.Endpoints, 'default', 'other'))).toBe(403);
  expect(await status('GET', pathOf(RESOURCES.Pod, 'default', 'pod-1'))).toBe(403);
});

test('lets no app write the lock, even if it is a ConfigMap', async (context) => {
  const { apiServer } = await start(context, { dialect: 'kkosmrli' });
  const url = `${apiServer.url}${mapsPath}/my-app`;
  expect(await send('PUT', url, await exchange('GET', url))).toMatchObject({ status: 403 });
});

test.for<[string, (election: Election) => unknown, RegExp]>([
  ['a delay of NaN', ({ apiServer }) => apiServer.slow(Number.NaN), /delayMs is NaN, .* or 0/],
  [
    'a switch that is not a boolean',
    ({ apiServer }) => apiServer.readOnly(untyped(1)),
    /isReadOnly is 1, .* true or false/,
  ],
  [
    'a Role that is not a boolean',
    ({ apiServer }) => apiServer.forbid(untyped('yes')),
    /isForbidden is 'yes', .* false/,
  ],
  ['an empty token', ({ apiServer }) => apiServer.requireToken(''), /token is '', .* a non-empty string/],
  [
    'a token that is not a string',
    ({ apiServer }) => apiServer.requireToken(untyped(7)),
    /token is 'number', .* string/,
  ],
])('rejects %s', async ([, control, message], context) => {
  const election = await start(context, { candidates: 1 });
  expect(() => control(election)).toThrow(message);
});

test('no fault is possible after close()', async (context) => {
  const election = await start(context, { candidates: 1 });
  const { apiServer } = election;
  await election.close();
  await expect(apiServer.start()).rejects.toThrow(/election was closed/);
  await expect(apiServer.loseData()).rejects.toThrow(/election was closed/);
  expect(() => apiServer.deleteLock()).toThrow(/election was closed/);
  await expect(send('GET', apiServer.url)).rejects.toThrow(/fetch failed|terminated/);
});
