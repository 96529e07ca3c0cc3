import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Probe } from './probe.ts';

const POD = 'billing-7c9f6d5b8d-x2x4z';
const LONG = `billing-${'of-all-customer-'.repeat(4)}7c9f6d5b8d-x2x4z`;
/** Character 63 is a dash, which a hostname must not end with. */
const CUT = LONG.slice(0, 62);

function naming(leader: string): Probe {
  return { kind: 'answer', status: 200, contentType: 'text/plain', body: JSON.stringify({ name: leader }), tookMs: 1 };
}

const REFUSED: Probe = { kind: 'failed', code: 'ECONNREFUSED', tookMs: 1 };

/** What is found by `check` in a pod that is in order but for `own`. */
function found(check: string, own: Partial<PodFacts>, identity: readonly string[] = [POD]): readonly Finding[] {
  const url = 'http://localhost:4040/';
  const facts: PodFacts = {
    env: { KUBERNETES_SERVICE_HOST: '10.0.0.1', MY_POD_NAME: POD },
    hostname: POD,
    interfaces: ['lo', 'eth0'],
    processes: [],
    leaseDurationMs: 10_000,
    library: { url, identity, mode: 'sidecar', standing: 'follower' },
    addresses: [{ address: '127.0.0.1', probe: naming('other') }],
    probes: [naming('other')],
    elsewhere: [],
    ...own,
  };
  return diagnose(facts).filter((finding) => finding.check === check);
}

it.each([
  {
    what: 'a pod that is called as it is',
    name: POD,
    hostname: POD,
    leader: 'other',
    finds: `ok this pod is "${POD}"`,
  },
  {
    what: 'a StatefulSet without a pod name',
    hostname: 'db-0',
    leader: 'db-1',
    finds: 'ok this pod is "db-0"',
  },
  {
    what: 'a long name, of which the hostname is the cut',
    name: LONG,
    identity: [LONG, CUT],
    hostname: CUT,
    leader: CUT,
    finds: `ok this pod is "${LONG}" or "${CUT}"`,
  },
  {
    what: 'a cut hostname alone, beside a sidecar that uses the full name',
    hostname: CUT,
    leader: LONG,
    finds: `fault The sidecar names "${LONG}" in full, but this pod knows itself by its hostname, which is cut at 63 characters.`,
  },
  {
    what: 'a shared spec.hostname beside a pod name',
    name: POD,
    hostname: 'billing',
    leader: 'other',
    finds: `warning The hostname "billing" is not the pod name "${POD}": spec.hostname is set, and shared by all pods of its template. A sidecar without --id uses it.`,
  },
  {
    what: 'a shared spec.hostname that the sidecar uses',
    name: POD,
    hostname: 'billing',
    leader: 'billing',
    finds: `fault The sidecar names the hostname "billing", but this pod is "${POD}" (hostNetwork or spec.hostname).`,
  },
  {
    what: 'a shared spec.hostname without a pod name',
    hostname: 'billing',
    leader: 'billing',
    finds:
      'warning This pod goes by its hostname "billing", which is not of the form of a pod name. Pods that share it, by hostNetwork or spec.hostname, would all lead.',
  },
  {
    what: 'hostNetwork, with a pod name',
    name: POD,
    hostname: 'node-7',
    interfaces: ['lo', 'cni0'],
    leader: 'other',
    finds: `warning The hostname "node-7" is not the pod name "${POD}": the pod is on hostNetwork. A sidecar without --id uses it.`,
  },
  {
    what: 'hostNetwork, without one',
    hostname: 'node-7',
    interfaces: ['lo', 'docker0'],
    leader: 'other',
    finds:
      'warning This pod goes by its hostname "node-7", which is that of the machine (hostNetwork). Pods that share it, by hostNetwork or spec.hostname, would all lead.',
  },
])('judges the names of $what', ({ name, hostname, interfaces = ['lo'], leader, identity, finds }) => {
  const own = { env: { MY_POD_NAME: name }, hostname, interfaces, probes: [naming(leader)] };
  const findings = found('identity', own, identity ?? [name ?? hostname]);
  expect(findings.map(({ level, what }) => `${level} ${what}`)).toEqual([finds]);
});

it('judges a HOSTNAME that an image has overwritten', () => {
  expect(found('HOSTNAME', { env: { HOSTNAME: POD } })).toEqual([]);
  expect(found('HOSTNAME', { env: { HOSTNAME: '0.0.0.0' } })).toMatchObject([
    { level: 'warning', what: expect.stringContaining(`HOSTNAME is "0.0.0.0", but the hostname is "${POD}"`) },
  ]);
});

it.each([
  { what: 'both addresses answer alike', six: naming(POD), four: naming(POD), finds: [] },
  { what: 'both refuse, which is told elsewhere', six: REFUSED, four: REFUSED, finds: [] },
  {
    what: '::1 refuses',
    six: REFUSED,
    four: naming(POD),
    finds: [
      {
        level: 'warning',
        what: 'localhost also stands for ::1, where no sidecar answers: a client that tries it alone fails.',
        change: 'Set ELECTOR_GET_URL=http://127.0.0.1:4040/.',
      },
    ],
  },
  {
    what: '127.0.0.1 refuses',
    six: naming(POD),
    four: REFUSED,
    finds: [
      {
        level: 'warning',
        what: 'localhost also stands for 127.0.0.1, where no sidecar answers: a client that tries it alone fails.',
        change: 'Set ELECTOR_GET_URL=http://[::1]:4040/.',
      },
    ],
  },
  {
    what: 'they name two leaders',
    six: naming('impostor'),
    four: naming(POD),
    finds: [
      {
        level: 'fault',
        what: `Two programs answer for localhost, and name "impostor" and "${POD}".`,
        change: 'Set ELECTOR_GET_URL=http://[::1]:4040/.',
      },
    ],
  },
])('judges the addresses of localhost: $what', ({ six, four, finds }) => {
  const addresses = [
    { address: '::1', probe: six },
    { address: '127.0.0.1', probe: four },
  ];
  expect(found('localhost', { addresses })).toMatchObject(finds);
});
