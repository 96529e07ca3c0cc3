import { expect, test } from 'vitest';
import { claimOf, emptyDocument, holderOf, LIMITS } from '../fixtures/run-document.ts';
import { claim, release } from './claim.ts';
import { parseDocument, sizeOf } from './document-text.ts';
import { finish } from './outcome.ts';
import { formatWithinRoom, prune } from './room.ts';
import { register, settle, unclaimed } from './settle.ts';

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;
const A = holderOf('a');

function withEndedRuns(count: number, error?: string): ReturnType<typeof emptyDocument> {
  const document = emptyDocument();
  register(document, 0, [{ job: 'invoices', fingerprint: 'f' }]);
  const claims = Array.from({ length: count }, (_, index) => claimOf('invoices', (index + 1) * MINUTE));
  claim(document, NOW, A, claims, LIMITS);
  finish(
    document,
    NOW,
    A,
    claims.map(({ job, slot }) => ({ job, slot, attempt: 1, state: 'failed', error })),
  );
  return document;
}

test('drops ended runs that are settled, and never lets one of their slots be claimed again', () => {
  const document = withEndedRuns(150);
  settle(document, [{ job: 'invoices', revision: 1, upTo: new Date(NOW) }]);
  const stored = parseDocument(formatWithinRoom(document, NOW));
  expect(stored.jobs.get('invoices')?.runs.size).toBe(100);
  expect(claim(stored, NOW, holderOf('b'), [claimOf('invoices', MINUTE)], LIMITS)).toEqual(['taken']);
  expect(unclaimed(stored, [{ job: 'invoices', slots: [new Date(MINUTE)] }])).toEqual([[]]);
});

test('keeps runs that a sweep may still look at', () => {
  const stored = parseDocument(formatWithinRoom(withEndedRuns(150), NOW));
  expect(stored.jobs.get('invoices')?.runs.size).toBe(150);
});

test('keeps every run from the first one that is running, since a release moves the watermark back to it', () => {
  const document = withEndedRuns(150);
  const run = document.jobs.get('invoices')?.runs.get(10 * MINUTE);
  if (run !== undefined) run.state = 'running';
  settle(document, [{ job: 'invoices', revision: 1, upTo: new Date(NOW) }]);
  const stored = parseDocument(formatWithinRoom(document, NOW));
  expect(stored.jobs.get('invoices')?.droppedUpTo).toBe(9 * MINUTE);
  release(stored, A, [{ job: 'invoices', slot: new Date(10 * MINUTE) }]);
  expect(unclaimed(stored, [{ job: 'invoices', slots: [new Date(10 * MINUTE)] }])).toEqual([[new Date(10 * MINUTE)]]);
});

test('stays within 256 KiB by keeping fewer runs', () => {
  const document = withEndedRuns(200, 'x'.repeat(5_000));
  settle(document, [{ job: 'invoices', revision: 1, upTo: new Date(NOW) }]);
  const data = formatWithinRoom(document, NOW);
  expect(sizeOf(data)).toBeLessThanOrEqual(256 * 1024);
  expect(
    parseDocument(data)
      .jobs.get('invoices')
      ?.runs.get(200 * MINUTE)?.error,
  ).toHaveLength(2_048);
});

test('refuses what has no room', () => {
  const document = withEndedRuns(200, 'x'.repeat(5_000));
  expect(() => formatWithinRoom(document, NOW)).toThrow(/256 KiB/);
});

test('refuses a job more than 100', () => {
  const jobs = Array.from({ length: 101 }, (_, index) => ({ job: `job ${index}`, fingerprint: 'f' }));
  const document = emptyDocument();
  expect(() => register(document, NOW, jobs)).toThrow(/at most 100 jobs/);
  expect(document.jobs.size).toBe(0);
});

test('prunes ended runs that are old and settled', () => {
  const document = withEndedRuns(3);
  settle(document, [{ job: 'invoices', revision: 1, upTo: new Date(2 * MINUTE) }]);
  prune(document, NOW);
  expect([...(document.jobs.get('invoices')?.runs.keys() ?? [])]).toEqual([3 * MINUTE]);
});
