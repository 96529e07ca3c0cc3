import { describe, expect, test } from 'vitest';
import { recordedAnswer } from '../../../../test/support/recorded-answer.ts';
import { parseRecord, pathOf, watchPathOf, type LockKind } from './lock-object.ts';

const parse = (kind: LockKind, name: string): unknown => parseRecord(kind, JSON.parse(recordedAnswer(name).body));

describe('a recorded lock object gives the record in it', () => {
  test('a Lease, with microseconds', () => {
    expect(parse('Lease', 'lease-krmcbride')).toEqual({
      holder: 'pod-2',
      renewedAt: new Date('2026-11-25T15:54:12.724Z'),
      leaseDurationMs: 10_000,
      version: 420n,
      uid: 'b2004575-33cb-4131-b649-4d4a66ce4dc6',
      ownerUid: undefined,
    });
  });

  test('a Lease of nais, which is never renewed and has an owner', () => {
    expect(parse('Lease', 'lease-nais')).toMatchObject({
      holder: 'pod-1',
      renewedAt: undefined,
      leaseDurationMs: undefined,
      ownerUid: 'cdc60d85-39dc-48a1-a1d2-8210053bfd70',
    });
  });

  test.each<[LockKind, string, number]>([
    ['Endpoints', 'endpoints-0.5', 10_000],
    ['Endpoints', 'endpoints-head', 10_000],
    ['ConfigMap', 'configmap-kkosmrli', 15_000],
  ])('an annotation of %s, %s, with seconds', (kind, name, leaseDurationMs) => {
    const record = parse(kind, name);
    expect(record).toMatchObject({ holder: expect.stringMatching(/^pod-\d$/), leaseDurationMs });
    expect(record).toMatchObject({ renewedAt: expect.any(Date), version: expect.any(BigInt) });
  });
});

const METADATA = { resourceVersion: '7', uid: 'uid-1' };

test.each<[what: string, kind: LockKind, object: object]>([
  ['an Endpoints object without the annotation', 'Endpoints', { metadata: METADATA }],
  ['a ConfigMap without the annotation', 'ConfigMap', { metadata: { ...METADATA, annotations: { other: '1' } } }],
  ['a Lease without a holder', 'Lease', { metadata: METADATA, spec: {} }],
  ['a released Lease', 'Lease', { metadata: METADATA, spec: { holderIdentity: '', leaseDurationSeconds: 1 } }],
])('%s has no holder', (_what, kind, object) => {
  expect(parseRecord(kind, object)).toMatchObject({ holder: '', version: 7n });
});

const annotated = (annotation: unknown): object => ({
  metadata: { ...METADATA, annotations: { 'control-plane.alpha.kubernetes.io/leader': annotation } },
});

test.each<[what: string, kind: LockKind, object: unknown]>([
  ['null', 'Lease', null],
  ['a text', 'Lease', 'Lease'],
  ['no metadata', 'Lease', { spec: {} }],
  ['no spec', 'Lease', { metadata: METADATA }],
  ['a version that is not a number', 'Lease', { metadata: { ...METADATA, resourceVersion: 'x' }, spec: {} }],
  ['no uid', 'Lease', { metadata: { resourceVersion: '7' }, spec: {} }],
  ['a renewTime that is not a time', 'Lease', { metadata: METADATA, spec: { holderIdentity: 'a', renewTime: 'soon' } }],
  ['an annotation that is not JSON', 'Endpoints', annotated('{')],
  ['an annotation that is not a text', 'Endpoints', annotated(7)],
  ['an annotation that is not an object', 'Endpoints', annotated('7')],
])('%s is not a lock object', (_what, kind, object) => {
  expect(() => parseRecord(kind, object)).toThrow(/^It |^Its |JSON/);
});

test('what a polluted prototype has is not read', () => {
  const object = Object.create({ metadata: METADATA, spec: { holderIdentity: 'pod-a' } });
  expect(() => parseRecord('Lease', object)).toThrow('not the record of a lock');
});

test('the paths are those of the API', () => {
  const lock = { kind: 'Lease', namespace: 'jobs', name: 'my-app' } as const;
  expect(pathOf(lock)).toBe('/apis/coordination.k8s.io/v1/namespaces/jobs/leases/my-app');
  expect(pathOf({ ...lock, kind: 'Endpoints' })).toBe('/api/v1/namespaces/jobs/endpoints/my-app');
  expect(pathOf({ ...lock, kind: 'ConfigMap' })).toBe('/api/v1/namespaces/jobs/configmaps/my-app');
  expect(watchPathOf(lock, 300)).toBe(
    '/apis/coordination.k8s.io/v1/namespaces/jobs/leases?watch=true&fieldSelector=metadata.name%3Dmy-app&timeoutSeconds=300',
  );
});
