import { expect, it } from 'vitest';
import { answer, found, POD } from '../../fixtures/pod-facts.ts';
import type { Probe } from '../facts/probe.ts';

it.each([
  {
    what: 'fast answers',
    tookMs: [1, 2, 1, 3, 180],
    finds: 'ok the slowest answer took 180 ms, and an attempt times out after 375 ms',
  },
  { what: 'one slow answer', tookMs: [1, 2, 600, 3, 1], finds: 'warning The slowest of 5 answers took 600 ms' },
  { what: 'slow answers', tookMs: [1, 500, 600, 3, 700], finds: 'fault Most answers took 500 ms or longer' },
])('reports no fault for one slow answer, because the library retries: $what', ({ tookMs, finds }) => {
  const probes = tookMs.map((ms): Probe => ({ ...answer({ name: POD }), tookMs: ms }));
  const [finding] = found('latency', { probes });
  expect(`${finding?.level} ${finding?.what}`).toContain(finds);
});
