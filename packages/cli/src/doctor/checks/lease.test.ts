import { expect, it } from 'vitest';
import { answer, found, POD } from '../../fixtures/pod-facts.ts';
import type { PodFacts } from '../facts/pod-facts.ts';

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
