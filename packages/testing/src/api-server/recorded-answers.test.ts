import { expect, test } from 'vitest';
import { exchange, linesOf, send } from '../fixtures/api-client.ts';
import { comparable, recordedAnswer } from '../../../../test/support/recorded-answer.ts';
import { startCluster } from '../fixtures/start-cluster.ts';
import type { SentObject } from './api-object.ts';
import type { Cluster } from './cluster.ts';
import { pathOf, RESOURCES } from './resource.ts';

const leases = pathOf(RESOURCES.Lease, 'default');
const requireToken = ({ access }: Cluster): void => {
  access.token = 'good';
};

test.for<[string, string, ((cluster: Cluster) => void)?, string?]>([
  ['401-bad-token', 'app', requireToken, 'bad'],
  ['403-anonymous', 'app', requireToken],
  ['403-list', 'app', requireToken, 'good'],
  ['403-other-name', 'app'],
  [
    '403-no-role',
    'app',
    ({ access }) => {
      access.isForbidden = true;
    },
  ],
  ['watch-403', 'app'],
  ['404-api-group-version', 'app'],
  ['404-namespace', 'sidecar'],
  ['404-lease', 'sidecar'],
  ['get-resourceVersion-too-large', 'sidecar'],
])('refuses as a real API server does: %s', async ([name, caller, prepare, token], context) => {
  const { cluster, ...urls } = await startCluster(context, { name: 'e-krmcbride' });
  prepare?.(cluster);
  const recorded = recordedAnswer(name);
  const base = caller === 'app' ? urls.appUrl : urls.sidecarUrl;
  const received = await send('GET', `${base}${recorded.request.path}`, undefined, token);
  expect(received.status).toBe(recorded.status);
  expect(received.headers.get('content-type')).toBe(recorded.contentType);
  expect(received.headers.get('retry-after')).toBe(recorded.retryAfter ?? null);
  expect(comparable(received.text)).toEqual(comparable(recorded.body));
});

test('answers a write to an old version and a deletion as a real API server does', async (context) => {
  const { sidecarUrl } = await startCluster(context);
  const url = `${sidecarUrl}${leases}/x`;
  const created = await exchange('POST', `${sidecarUrl}${leases}`, { metadata: { name: 'x' }, spec: {} });
  await exchange('PUT', url, { ...created, spec: { holderIdentity: 'pod-1' } });
  const late = await send('PUT', url, { ...created, spec: { holderIdentity: 'pod-2' } });
  const gone = await send('DELETE', url);
  for (const [received, name] of [
    [late, '409-conflict'],
    [gone, '200-delete'],
  ] as const) {
    const recorded = recordedAnswer(name);
    expect(received.status).toBe(recorded.status);
    expect(comparable(received.text)).toEqual(comparable(recorded.body));
  }
});

test.for(['lease-krmcbride', 'lease-nais', 'lease-vapor', 'endpoints-0.5', 'endpoints-head', 'configmap-kkosmrli'])(
  'serves a lock object as a real API server does: %s',
  async (name, context) => {
    const { contentType, body, request } = recordedAnswer(name);
    const { metadata, ...content }: SentObject = JSON.parse(body);
    const { annotations, name: object = '', ownerReferences } = metadata;
    const kind = Object.values(RESOURCES).find((resource) => resource.kind === content.kind)?.kind;
    const { appUrl, sidecarUrl } = await startCluster(context, {
      kind: kind === 'Lease' || kind === 'Endpoints' ? kind : 'ConfigMap',
      name: object,
    });
    const collection = request.path.slice(0, request.path.lastIndexOf('/'));
    await exchange('POST', `${sidecarUrl}${collection}`, {
      ...content,
      metadata: { name: object, annotations, ownerReferences },
    });
    const received = await send('GET', `${appUrl}${request.path}`);
    expect(received.status).toBe(200);
    expect(received.headers.get('content-type')).toBe(contentType);
    expect(comparable(received.text)).toEqual(comparable(body));
  },
);

test('reports creation, take-over and deletion to a watch as a real API server does', async (context) => {
  const { appUrl, sidecarUrl } = await startCluster(context);
  const { events, request } = recordedAnswer('watch-lease-create-takeover-delete-create');
  const [, query] = request.path.split('?');
  const lines = linesOf(`${appUrl}${leases}?${query}`);
  for (const { line } of events) {
    const { object, type }: { object: SentObject; type: string } = JSON.parse(line);
    const name = object.metadata.name ?? '';
    if (type === 'DELETED') await exchange('DELETE', `${sidecarUrl}${leases}/x`);
    const write = { kind: 'Lease', metadata: { name }, spec: object['spec'] };
    if (type === 'ADDED') await exchange('POST', `${sidecarUrl}${leases}`, write);
    if (type === 'MODIFIED') await exchange('PUT', `${sidecarUrl}${leases}/x`, write);
    const { value } = await lines.next();
    expect(comparable(value ?? '')).toEqual(comparable(line.replace('"measure"', '"default"')));
  }
  await lines.return();
});

test('ends a watch from a version that is too old with an ERROR event of code 410', async (context) => {
  const { sidecarUrl } = await startCluster(context);
  const collection = `${sidecarUrl}${pathOf(RESOURCES.ConfigMap, 'default')}`;
  await exchange('POST', collection, { metadata: { name: 'busy' } });
  // More writes than the history holds.
  for (let write = 0; write < 201; write += 1) {
    await exchange('PUT', `${collection}/busy`, { metadata: { name: 'busy' }, data: { write: String(write) } });
  }
  const watch = await send(
    'GET',
    `${sidecarUrl}${leases}?watch=true&fieldSelector=metadata.name%3Dx&resourceVersion=1`,
  );
  const recorded = recordedAnswer('watch-410');
  expect(watch.status).toBe(recorded.status);
  expect(comparable(watch.text)).toEqual(comparable(recorded.body));
});
