import { expect, test } from 'vitest';
import { claimOf, emptyDocument, holderOf, LIMITS } from '../fixtures/run-document.ts';
import { claim, release } from './claim.ts';
import { beat, finish, interrupted, takeOver } from './outcome.ts';
import { register, settle } from './settle.ts';

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;
const A = holderOf('a');
const B = holderOf('b');
const SLOT = { job: 'invoices', slot: new Date(NOW) };
const QUERY = { expiryMs: MINUTE, jobs: ['invoices'], rerun: [] };

test.each([
  ['later than the limit', NOW + 6_000, 'clock-ahead'],
  ['within the limit', NOW + 5_000, 'claimed'],
  ['older than the retention', NOW - LIMITS.retentionMs - 1, 'too-late'],
])('judges a slot that is %s by the clock of the store', (_what, slotMs, outcome) => {
  expect(claim(emptyDocument(), NOW, A, [claimOf('invoices', slotMs)], LIMITS)).toEqual([outcome]);
});

test('gives a slot to one holder, which may ask again until its run has ended', () => {
  const document = emptyDocument();
  const claims = [claimOf('invoices', NOW)];
  expect(claim(document, NOW, A, claims, LIMITS)).toEqual(['claimed']);
  expect(claim(document, NOW, B, claims, LIMITS)).toEqual(['taken']);
  expect(claim(document, NOW, A, claims, LIMITS)).toEqual(['claimed']);
  finish(document, NOW, A, [{ ...SLOT, attempt: 1, state: 'succeeded' }]);
  expect(claim(document, NOW, A, claims, LIMITS)).toEqual(['taken']);
});

test('refuses slots of a job that are less than a minute apart, and claims none of the batch', () => {
  const document = emptyDocument();
  claim(document, NOW, A, [claimOf('invoices', NOW)], LIMITS);
  const batch = [claimOf('reports', NOW), claimOf('invoices', NOW + 1_000)];
  expect(() => claim(document, NOW, A, batch, LIMITS)).toThrow(/'invoices'.*at most once a minute/);
  expect(document.jobs.has('reports')).toBe(false);
});

test('a release moves the watermark back and makes an older settlement fail', () => {
  const document = emptyDocument();
  register(document, NOW, [{ job: 'invoices', fingerprint: 'f' }]);
  claim(document, NOW, A, [claimOf('invoices', NOW)], LIMITS);
  release(document, B, [SLOT]);
  expect(document.jobs.get('invoices')?.runs.size).toBe(1);
  release(document, A, [SLOT]);
  expect(document.jobs.get('invoices')?.registration).toMatchObject({ settled: NOW - 1, revision: 2 });
  expect(settle(document, [{ job: 'invoices', revision: 1, upTo: new Date(NOW) }])).toEqual([false]);
});

test('a run is lost once both its claim and the beat of its holder are old, and one rival takes it over', () => {
  const document = emptyDocument();
  claim(document, NOW, A, [claimOf('invoices', NOW)], LIMITS);
  beat(document, NOW + 30_000, A, MINUTE);
  expect(interrupted(document, NOW + MINUTE, QUERY)).toEqual([]);
  const lateMs = NOW + 90_000;
  const [lost] = interrupted(document, lateMs, QUERY);
  if (lost === undefined) throw new Error('The run is not lost.');
  expect(takeOver(document, lateMs, B, lost, MINUTE)).toBe(2);
  expect(takeOver(document, lateMs, B, lost, MINUTE)).toBe(2);
  expect(takeOver(document, lateMs, holderOf('c'), lost, MINUTE)).toBeUndefined();
  expect(finish(document, lateMs, A, [{ ...SLOT, attempt: 1, state: 'succeeded' }])).toEqual([false]);
});

test('writes a beat every 30 s only, and judges a lapse by what others can see', () => {
  const document = emptyDocument();
  expect(beat(document, NOW, A, MINUTE)).toBe(false);
  beat(document, NOW + 10_000, A, MINUTE);
  expect(document.beats.get(A.id)).toBe(NOW);
  expect(beat(document, NOW + MINUTE, A, MINUTE)).toBe(true);
  expect(document.beats.get(A.id)).toBe(NOW + MINUTE);
});

test('cuts an error to 2 048 bytes without half a character', () => {
  const document = emptyDocument();
  claim(document, NOW, A, [claimOf('invoices', NOW)], LIMITS);
  finish(document, NOW, A, [{ ...SLOT, attempt: 1, state: 'failed', error: `x${'€'.repeat(1_000)}` }]);
  expect(document.jobs.get('invoices')?.runs.get(NOW)?.error).toBe(`x${'€'.repeat(682)}`);
});
