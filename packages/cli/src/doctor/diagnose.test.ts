import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';
import type { PodFacts } from './facts/pod-facts.ts';
import type { Probe } from './facts/probe.ts';

const POD = 'billing-7c9f6d5b8d-x2x4z';
const LONG = `billing-${'of-all-customer-'.repeat(4)}7c9f6d5b8d-x2x4z`;
/** Character 63 is a dash, and a hostname must not end with one. */
const CUT = LONG.slice(0, 62);

function naming(leader: string): Probe {
  return { kind: 'answer', status: 200, contentType: 'text/plain', body: JSON.stringify({ name: leader }), tookMs: 1 };
}

const REFUSED: Probe = { kind: 'failed', code: 'ECONNREFUSED', tookMs: 1 };

/** The findings of `check` in a pod whose facts are in order, except for `own`. */
function found(check: string, own: Partial<PodFacts>, identity: readonly string[] = [POD]): readonly Finding[] {
  const url = 'http://localhost:4040/';
  const facts: PodFacts = {
    env: { KUBERNETES_SERVICE_HOST: '10.0.0.1', MY_POD_NAME: POD },
    hostname: POD,
    interfaces: ['lo', 'eth0'],
    processes: [],
    settings: { url, identity, mode: 'sidecar', leaseDurationMs: 10_000 },
    addresses: [{ address: '127.0.0.1', probe: naming('other') }],
    probes: [naming('other')],
    elsewhere: [],
    ...own,
  };
  return diagnose(facts).filter((finding) => finding.check === check);
}

it.each([
  {
    what: 'a pod whose hostname is its name',
    name: POD,
    hostname: POD,
    leader: 'other',
    finds: `ok this pod is "${POD}"`,
  },
  {
    what: 'a pod of a StatefulSet without MY_POD_NAME',
    hostname: 'db-0',
    leader: 'db-1',
    finds: 'ok this pod is "db-0"',
  },
  {
    what: 'a pod with a long name, when the sidecar names the truncated hostname',
    name: LONG,
    hostname: CUT,
    leader: CUT,
    finds: `fault The sidecar names "${CUT}", which is this pod's name truncated to 63 characters. Other pods may share it.`,
  },
  {
    what: 'a pod with a long name, when the sidecar names another pod',
    name: LONG,
    hostname: CUT,
    leader: 'other',
    finds: `warning The hostname "${CUT}" is not the pod name "${LONG}": it is the truncated pod name, which other pods may share. A sidecar without --id uses the hostname.`,
  },
  {
    what: 'a pod with a truncated hostname and no MY_POD_NAME, when the sidecar uses the full name',
    hostname: CUT,
    leader: LONG,
    finds: `fault The sidecar names "${LONG}", but this pod is identified by its hostname, which is that name truncated to 63 characters.`,
  },
  {
    what: 'a pod with MY_POD_NAME and a shared spec.hostname',
    name: POD,
    hostname: 'billing',
    leader: 'other',
    finds: `warning The hostname "billing" is not the pod name "${POD}": spec.hostname is set, and all pods of the template share it. A sidecar without --id uses the hostname.`,
  },
  {
    what: 'a pod with MY_POD_NAME, when the sidecar uses the shared spec.hostname',
    name: POD,
    hostname: 'billing',
    leader: 'billing',
    finds: `fault The sidecar names the hostname "billing", but this pod is "${POD}": hostNetwork or spec.hostname is set.`,
  },
  {
    what: 'a pod with a shared spec.hostname and no MY_POD_NAME',
    hostname: 'billing',
    leader: 'billing',
    finds:
      'warning This pod is identified by its hostname "billing", which does not look like the name of a pod. If several pods share it, all of them lead at the same time.',
  },
  {
    what: 'a pod on hostNetwork with MY_POD_NAME',
    name: POD,
    hostname: 'node-7',
    interfaces: ['lo', 'cni0'],
    leader: 'other',
    finds: `warning The hostname "node-7" is not the pod name "${POD}": the pod uses hostNetwork. A sidecar without --id uses the hostname.`,
  },
  {
    what: 'a pod on hostNetwork, when the sidecar names it',
    name: POD,
    hostname: 'node-7',
    interfaces: ['lo', 'cni0'],
    leader: POD,
    finds: `ok this pod is "${POD}"`,
  },
  {
    what: 'a pod on hostNetwork without MY_POD_NAME',
    hostname: 'node-7',
    interfaces: ['lo', 'docker0'],
    leader: 'other',
    finds:
      'warning This pod is identified by its hostname "node-7", which is the machine\'s (hostNetwork). If several pods share it, all of them lead at the same time.',
  },
])('checks the names of $what', ({ name, hostname, interfaces = ['lo'], leader, finds }) => {
  const own = { env: { MY_POD_NAME: name }, hostname, interfaces, probes: [naming(leader)] };
  const findings = found('identity', own, [name ?? hostname]);
  expect(findings.map(({ level, what }) => `${level} ${what}`)).toEqual([finds]);
});

it('warns if an image has overwritten HOSTNAME', () => {
  expect(found('HOSTNAME', { env: { HOSTNAME: POD } })).toEqual([]);
  expect(found('HOSTNAME', { env: { HOSTNAME: '0.0.0.0' } })).toMatchObject([
    { level: 'warning', what: expect.stringContaining(`HOSTNAME is "0.0.0.0", but the hostname is "${POD}"`) },
  ]);
});

it.each([
  { what: 'both give the same answer', six: naming(POD), four: naming(POD), finds: [] },
  { what: 'both refuse, which is reported elsewhere', six: REFUSED, four: REFUSED, finds: [] },
  {
    what: '::1 refuses',
    six: REFUSED,
    four: naming(POD),
    finds: [
      {
        level: 'warning',
        what: 'localhost also resolves to ::1, but no sidecar answers there: a client that tries only that address fails.',
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
        what: 'localhost also resolves to 127.0.0.1, but no sidecar answers there: a client that tries only that address fails.',
        change: 'Set ELECTOR_GET_URL=http://[::1]:4040/.',
      },
    ],
  },
  {
    what: 'they name different leaders',
    six: naming('impostor'),
    four: naming(POD),
    finds: [
      {
        level: 'fault',
        what: `Several programs answer at localhost, and name different leaders: "impostor", "${POD}".`,
        change: 'Set ELECTOR_GET_URL=http://[::1]:4040/.',
      },
    ],
  },
])('checks the addresses of localhost: $what', ({ six, four, finds }) => {
  const addresses = [
    { address: '::1', probe: six },
    { address: '127.0.0.1', probe: four },
  ];
  expect(found('localhost', { addresses })).toMatchObject(finds);
});

function answer(body: object, contentType = 'text/plain'): Probe {
  return { kind: 'answer', status: 200, contentType, body: JSON.stringify(body), tookMs: 1 };
}

it('accepts another hostname if the sidecar reports the name of this pod as its own', () => {
  const own = answer({ is_leader: false, leader: 'other', node: POD });
  expect(found('identity', { hostname: 'node-7', probes: [own] })).toMatchObject([{ level: 'ok' }]);
});

function sidecar(commandLine: string, electionLease?: string): Partial<PodFacts> {
  return { processes: [{ pid: 7, commandLine, electionLease }] };
}

const VAPOR = { is_leader: true, leader: POD, node: POD };
const NAIS = { name: POD, last_update: '2026-01-01T00:00:00Z' };

it.each([
  {
    what: 'a name only',
    body: { name: POD },
    declaredMs: 10_000,
    finds: /^warning A guess.*10 s .* or 15 s .*too short for kkosmrli/,
  },
  { what: 'a name only', body: { name: POD }, declaredMs: 15_000, finds: /^ok 15 s\. A guess.*kkosmrli/ },
  {
    what: 'a name only',
    body: { name: POD },
    declaredMs: 30_000,
    finds: /^warning A guess.*30 s: .*too long.*after a take-over/,
  },
  { what: 'vapor', body: VAPOR, declaredMs: 10_000, finds: /^ok 10 s\. A guess.*vapor/ },
  { what: 'vapor', body: VAPOR, declaredMs: 5_000, finds: /^warning A guess.*5 s: .*too short.*after a pause/ },
  { what: 'nais', body: NAIS, declaredMs: 10_000, finds: /^ok 10 s; the sidecar leads until its pod is deleted/ },
])('guesses the lease from an answer of $what, and compares it with $declaredMs ms', (row) => {
  const settings = { url: 'http://localhost:4040/', identity: [POD], mode: 'sidecar', leaseDurationMs: row.declaredMs };
  const [finding, ...others] = found('lease', { settings, probes: [answer(row.body)] });
  expect(`${finding?.level} ${finding?.what}`).toMatch(row.finds);
  expect(others).toEqual([]);
});

it('says for which sidecar a guessed lease must be changed', () => {
  expect(found('lease', {})).toMatchObject([
    {
      change: 'If the sidecar is kkosmrli/leader-elector, set CLUSTER_LEADER_LEASE=15s. Otherwise change nothing.',
    },
  ]);
});

it.each([
  { settings: sidecar('/leader-elector --election=x --ttl=30s'), finds: 'fault', lease: '30 s (--ttl)' },
  { settings: sidecar('/leader-elector --ttl 10s'), finds: 'ok', lease: '10 s' },
  { settings: sidecar('/leader-elector -ttl 5s'), finds: 'fault', lease: '5 s (-ttl)' },
  { settings: sidecar('/leader-election --lease-duration=1m30s'), finds: 'fault', lease: '90 s (--lease-duration)' },
  { settings: sidecar('/leader-election --lease-name x --lease-duration 10s'), finds: 'ok', lease: '10 s' },
  { settings: sidecar('/app/leader-elector', '15s'), finds: 'fault', lease: '15 s (ELECTION_LEASE_DURATION)' },
  { settings: sidecar('/leader-elector --lease-duration 10s', '15s'), finds: 'ok', lease: '10 s' },
])('reads the lease from the settings of the sidecar: $settings.processes.0', ({ settings, finds, lease }) => {
  const [finding] = found('lease', settings);
  const change = finds === 'fault' ? `Set CLUSTER_LEADER_LEASE=${lease.replace(/ s.*/, 's')}, or leaseDurationMs` : '';
  expect(finding).toMatchObject({ level: finds, what: expect.stringContaining(lease) });
  expect(finding?.change ?? '').toContain(change);
});

it.each([
  { commandLine: 'node app.js --ttl=30s' },
  { commandLine: '/leader-elector --lease-renew-duration=5s' },
  { commandLine: '/leader-elector --ttl=soon' },
])('reads no lease from $commandLine', ({ commandLine }) => {
  expect(found('lease', sidecar(commandLine))).toEqual(found('lease', {}));
});

it.each([
  { what: 'vapor', body: VAPOR, says: 'claims to lead throughout an outage of the API server, and releases the lease' },
  { what: 'rkrmr33', body: { leader: POD }, says: 'never takes part again once it has lost the lead' },
])('warns of the known defect of $what, and says what to change', ({ body, says }) => {
  expect(found('sidecar', { probes: [answer(body)] })).toMatchObject([
    { level: 'ok' },
    { level: 'warning', what: expect.stringContaining(says), change: expect.stringContaining('another sidecar') },
  ]);
});

it.each([
  { body: { name: POD }, contentType: 'text/plain', isGuess: true },
  { body: { name: POD }, contentType: 'application/json', isGuess: true },
  { body: {}, contentType: 'application/json', isGuess: true },
  { body: NAIS, contentType: 'application/json', isGuess: false },
  { body: VAPOR, contentType: 'application/json', isGuess: false },
])('reports which sidecar gave the answer $body; as a guess: $isGuess', ({ body, contentType, isGuess }) => {
  const [finding] = found('sidecar', { probes: [answer(body, contentType)] });
  expect(finding?.what.includes('a guess')).toBe(isGuess);
});

it('reports the fields of an unknown answer and the option parse, and guesses no sidecar', () => {
  const probes = [answer({ holder: 'web-1' })];
  expect(found('sidecar', { probes })).toEqual([]);
  expect(found('answer', { probes })).toMatchObject([
    {
      level: 'fault',
      what: expect.stringContaining('has the fields holder'),
      change: expect.stringContaining('the option parse'),
    },
  ]);
});

function worker(pid: number, app: string, number: string): PodFacts['processes'][number] {
  return { pid, commandLine: 'node app.js', worker: { app, number } };
}

it.each([
  { what: 'one instance of one app', processes: [worker(7, 'pm2 a', '0')], pids: [] },
  { what: 'one instance of each of two apps', processes: [worker(7, 'pm2 a', '0'), worker(8, 'pm2 b', '1')], pids: [] },
  { what: 'a worker and its child', processes: [worker(7, 'pm2 a', '0'), worker(8, 'pm2 a', '0')], pids: [] },
  {
    what: 'two instances of one app beside another app',
    processes: [worker(7, 'pm2 a', '0'), worker(8, 'pm2 b', '0'), worker(9, 'pm2 a', '1')],
    pids: ['(7, 9)'],
  },
])('counts the instances of each app: $what', ({ processes, pids }) => {
  const findings = found('processes', { processes });
  expect(findings.map(({ level }) => level)).toEqual(pids.length === 0 ? ['ok'] : ['warning']);
  for (const pid of pids) expect(findings[0]?.what).toContain(pid);
});

it.each([
  {
    what: 'fast answers',
    tookMs: [1, 2, 1, 3, 240],
    finds: 'ok the slowest answer took 240 ms, and an attempt times out after 500 ms',
  },
  { what: 'one slow answer', tookMs: [1, 2, 600, 3, 1], finds: 'warning The slowest of 5 answers took 600 ms' },
  { what: 'slow answers', tookMs: [1, 500, 600, 3, 700], finds: 'fault Most answers took 500 ms or longer' },
])('reports no fault for one slow answer, because the library retries: $what', ({ tookMs, finds }) => {
  const probes = tookMs.map((ms): Probe => ({ ...answer({ name: POD }), tookMs: ms }));
  const [finding] = found('latency', { probes });
  expect(`${finding?.level} ${finding?.what}`).toContain(finds);
});
