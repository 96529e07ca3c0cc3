import { expect, it } from 'vitest';
import { answer, found, POD } from '../../fixtures/pod-facts.ts';

const VAPOR = { is_leader: true, leader: POD, node: POD };
const NAIS = { name: POD, last_update: '2026-01-01T00:00:00Z' };

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
