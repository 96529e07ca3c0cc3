import { expect, test } from 'vitest';
import { exchange, linesOf, send } from '../fixtures/api-client.ts';
import { startCluster } from '../fixtures/start-cluster.ts';
import type { ObjectEvent } from './object-store.ts';
import { pathOf, RESOURCES } from './resource.ts';

const maps = pathOf(RESOURCES.ConfigMap, 'default');
const watched = `${maps}?watch=true&fieldSelector=metadata.name%3Dx`;

/** Returns type and version of an event on the wire. */
function eventOf(line: string | void): readonly [string, string] {
  const { object, type }: ObjectEvent = JSON.parse(line ?? '');
  return [type, object.metadata.resourceVersion];
}

test('counts one version over all objects, and gives each creation another uid', async (context) => {
  const { appUrl } = await startCluster(context);
  const first = await exchange('POST', `${appUrl}${maps}`, { metadata: { name: 'x' } });
  const other = await exchange('POST', `${appUrl}${maps}`, { metadata: { name: 'y' } });
  const changed = await exchange('PUT', `${appUrl}${maps}/x`, { ...first, data: { a: '1' } });
  await exchange('DELETE', `${appUrl}${maps}/x`);
  const second = await exchange('POST', `${appUrl}${maps}`, { metadata: { name: 'x' } });
  const versions = [first, other, changed, second].map(({ metadata }) => Number(metadata.resourceVersion));
  const [begin = 0] = versions;
  expect(versions.map((version) => version - begin)).toEqual([0, 1, 2, 4]);
  expect(changed).toMatchObject({ data: { a: '1' }, metadata: { uid: first.metadata.uid } });
  expect(second.metadata.uid).not.toBe(first.metadata.uid);
});

test('begins a watch with what exists, or with the events after a version', async (context) => {
  const { appUrl } = await startCluster(context);
  const first = await exchange('POST', `${appUrl}${maps}`, { metadata: { name: 'x' } });
  await exchange('POST', `${appUrl}${maps}`, { metadata: { name: 'y' } });
  const second = await exchange('PUT', `${appUrl}${maps}/x`, { ...first, data: { a: '1' } });
  const now = linesOf(`${appUrl}${watched}`);
  const since = linesOf(`${appUrl}${watched}&resourceVersion=${first.metadata.resourceVersion}`);
  expect(eventOf((await now.next()).value)).toEqual(['ADDED', second.metadata.resourceVersion]);
  expect(eventOf((await since.next()).value)).toEqual(['MODIFIED', second.metadata.resourceVersion]);
  await Promise.all([now.return(), since.return()]);
});

test('ends a watch after timeoutSeconds', async (context) => {
  const { appUrl } = await startCluster(context);
  const lines: string[] = [];
  for await (const line of linesOf(`${appUrl}${watched}&timeoutSeconds=1`)) lines.push(line);
  expect(lines).toEqual([]);
});

test.for<[number, string, string, string, unknown?]>([
  [400, 'JSON that is cut off', 'POST', maps, '{"metadata":'],
  [400, 'an object of another kind', 'POST', maps, { kind: 'Lease', metadata: { name: 'x' } }],
  [400, 'an object without metadata', 'POST', maps, { data: {} }],
  [400, 'an object without a name', 'POST', maps, { metadata: {} }],
  [400, 'a new object with a version', 'POST', maps, { metadata: { name: 'x', resourceVersion: '7' } }],
  [400, 'another name than in the path', 'PUT', `${maps}/x`, { metadata: { name: 'y' } }],
  [400, 'an unknown field selector', 'GET', `${maps}?watch=true&fieldSelector=spec.x%3Dy`],
  [400, 'a version that is not a number', 'GET', `${watched}&resourceVersion=new`],
  [400, 'a time limit that is not a number', 'GET', `${watched}&timeoutSeconds=soon`],
  [404, 'the replacement of what does not exist', 'PUT', `${maps}/x`, { metadata: { name: 'x' } }],
  [404, 'the deletion of what does not exist', 'DELETE', `${maps}/x`],
  [404, 'a resource that it does not keep', 'GET', '/api/v1/namespaces/default/secrets/x'],
  [404, 'an escape in a path', 'GET', `${maps}/%2e%2e`],
  [405, 'a method that it does not know', 'PATCH', `${maps}/x`, {}],
  [405, 'the replacement of a collection', 'PUT', maps, {}],
  [409, 'the creation of what exists', 'POST', maps, { metadata: { name: 'taken' } }],
  [409, 'the replacement of another uid', 'PUT', `${maps}/taken`, { metadata: { name: 'taken', uid: 'other' } }],
  [413, 'a body larger than 1.5 MiB', 'POST', maps, ' '.repeat(1.5 * 1_024 * 1_024 + 1)],
])('answers %d to %s', async ([code, , method, path, body], context) => {
  const { appUrl } = await startCluster(context);
  await exchange('POST', `${appUrl}${maps}`, { metadata: { name: 'taken' } });
  const { status, text } = await send(method, `${appUrl}${path}`, body);
  expect(status).toBe(code);
  expect(JSON.parse(text)).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code });
});

test('writes a body of 1.5 MiB', async (context) => {
  const { appUrl } = await startCluster(context);
  const object = JSON.stringify({ metadata: { name: 'x' } });
  const { status } = await send('POST', `${appUrl}${maps}`, object.padEnd(1.5 * 1_024 * 1_024));
  expect(status).toBe(201);
});
