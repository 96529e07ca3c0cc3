import { expect, it } from 'vitest';
import { checkEndpoint } from './check-endpoint.ts';
import { checkIdentity } from './check-identity.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Probe } from './probe.ts';
import { readProbe } from './sidecar-answer.ts';

// What needs a hostname, a network or a resolver that a test can not give to a real process.

const POD = 'billing-7c9f6d5b8d-x2x4z';
const LONG = `billing-${'of-all-customers-'.repeat(3)}7c9f6d5b8d-x2x4z`;

function naming(leader: string): Probe {
  return { kind: 'answer', status: 200, contentType: 'text/plain', body: JSON.stringify({ name: leader }), tookMs: 1 };
}

function facts(own: Partial<PodFacts> & { readonly identity?: readonly string[]; readonly url?: string }): PodFacts {
  const { identity = [POD], url = 'http://127.0.0.1:4040/', ...rest } = own;
  return {
    env: { MY_POD_NAME: POD, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    hostname: POD,
    interfaces: ['lo', 'eth0'],
    processes: [],
    leaseDurationMs: 10_000,
    library: { url, identity, mode: 'sidecar', standing: 'follower' },
    addresses: [],
    probes: [naming('billing-7c9f6d5b8d-other')],
    ...rest,
  };
}

const CUT = LONG.slice(0, 63).replace(/-$/, '');

it.each([
  { what: 'a pod that is called as it is', own: {}, finds: /^ok this pod is "billing-7c9f6d5b8d-x2x4z"$/ },
  {
    what: 'a long name, of which the hostname is the cut',
    own: { env: { MY_POD_NAME: LONG }, hostname: CUT, identity: [LONG, CUT], probes: [naming(CUT)] },
    finds: /^ok this pod is ".*" or ".*"$/,
  },
  {
    what: 'a cut hostname alone, beside a sidecar that uses the full name',
    own: { env: {}, hostname: CUT, identity: [CUT], probes: [naming(LONG)] },
    finds: /^fault The sidecar names ".*" in full, .* cut at 63 characters/,
  },
  {
    what: 'hostNetwork, by the interfaces of the machine',
    own: { hostname: 'node-7', interfaces: ['lo', 'eth0', 'cni0', 'veth01ab'] },
    finds: /^warning The hostname "node-7" is not the pod name ".*": the pod is on hostNetwork/,
  },
  {
    what: 'hostNetwork without a pod name',
    own: { env: {}, hostname: 'node-7', identity: ['node-7'], interfaces: ['lo', 'docker0'] },
    finds: /^warning This pod goes by its hostname "node-7", which is that of the machine \(hostNetwork\)/,
  },
  {
    what: 'a shared spec.hostname without a pod name',
    own: { env: {}, hostname: 'billing', identity: ['billing'] },
    finds: /^warning This pod goes by its hostname "billing", which is not of the form of a pod name/,
  },
  {
    what: 'a shared spec.hostname beside a pod name',
    own: { hostname: 'billing' },
    finds: /^warning The hostname "billing" is not the pod name ".*": spec.hostname is set, and shared/,
  },
  { what: 'a StatefulSet without a pod name', own: { env: {}, hostname: 'db-0', identity: ['db-0'] }, finds: /^ok/ },
])('judges the names of $what', ({ own, finds }) => {
  expect(checkIdentity(facts(own)).map(({ level, what }) => `${level} ${what}`)).toEqual([
    expect.stringMatching(finds),
  ]);
});

const refused: Probe = { kind: 'failed', code: 'ECONNREFUSED', tookMs: 1 };

it.each([
  { what: 'both addresses answer alike', six: naming(POD), four: naming(POD), finds: [] },
  {
    what: '::1 refuses',
    six: refused,
    four: naming(POD),
    finds: ['warning localhost also stands for ::1, where no sidecar answers: a client that tries it alone fails.'],
  },
  {
    what: '127.0.0.1 refuses',
    six: naming(POD),
    four: refused,
    finds: [
      'warning localhost also stands for 127.0.0.1, where no sidecar answers: a client that tries it alone fails.',
    ],
  },
  {
    what: 'they name two leaders',
    six: naming('impostor'),
    four: naming(POD),
    finds: [`fault Two programs answer for localhost, and name "impostor" and "${POD}".`],
  },
  { what: 'neither answers, which is told elsewhere', six: refused, four: refused, finds: [] },
])('looks at ::1 and 127.0.0.1 where localhost stands for both: $what', ({ six, four, finds }) => {
  const addresses = [
    { address: '::1', probe: six },
    { address: '127.0.0.1', probe: four },
  ];
  const found = checkEndpoint(facts({ url: 'http://localhost:4040/', addresses }));
  expect(found.filter(({ check }) => check === 'localhost').map(({ level, what }) => `${level} ${what}`)).toEqual(
    finds,
  );
});

it.each([
  {
    body: '{"name":"a"}',
    contentType: 'text/plain; charset=utf-8',
    kind: 'leader-elector 0.4 or 0.5, or one of its forks',
  },
  { body: '{"name":"a"}', contentType: 'application/json', kind: 'krmcbride/leader-elector' },
  { body: '{"name":"a","last_update":"2026-01-01T00:00:00Z"}', contentType: 'application/json', kind: 'nais/elector' },
  { body: '{}', contentType: 'application/json', kind: 'nais/elector' },
  { body: '{"leader":"a"}', contentType: 'application/json', kind: 'rkrmr33/leader-election' },
  {
    body: '{"is_leader":true,"leader":"a","node":"a"}',
    contentType: 'application/json',
    kind: 'vapor-ware/k8s-elector',
  },
])('knows $kind by $body', ({ body, contentType, kind }) => {
  expect(readProbe({ kind: 'answer', status: 200, contentType, body, tookMs: 1 })).toMatchObject({ kind });
});
