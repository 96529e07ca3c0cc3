import { memoryStore, type RunRecord, type TermRecord } from '@cluster-leader/ledger';
import { describe, expect, it } from 'vitest';
import { gapsBetween } from './gaps.ts';
import { rowsOf } from './rows.ts';
import { readRunsOptions } from './runs-options.ts';
import { showRuns } from './show-runs.ts';
import { jsonLine, table } from './table.ts';

function at(second: number): Date {
  return new Date(Date.UTC(2026, 0, 1) + 1_000 * second);
}

function term(own: Partial<TermRecord>): TermRecord {
  return { election: 'my-app', number: 1, holder: 'a', pod: 'pod-1', from: at(0), ...own };
}

function run(second: number, own: Partial<RunRecord> = {}): RunRecord {
  const shared = { job: 'bill', state: 'succeeded', attempt: 1, madeUp: false, holder: 'a', pod: 'pod-1' } as const;
  return { ...shared, slot: at(second), claimedAt: at(second), endedAt: at(second + 0.25), ...own };
}

describe('gapsBetween', () => {
  it.each<{ readonly what: string; readonly terms: readonly TermRecord[]; readonly gaps: readonly object[] }>([
    { what: 'no term', terms: [], gaps: [] },
    { what: 'one term that lasts', terms: [term({})], gaps: [] },
    {
      what: 'a term that ended, and none since',
      terms: [term({ to: at(5), reason: 'follower' })],
      gaps: [{ from: at(5), to: undefined, after: 'pod-1', reason: 'follower' }],
    },
    {
      what: 'two terms with a gap, the newest first',
      terms: [term({ pod: 'pod-2', from: at(9) }), term({ to: at(5) })],
      gaps: [{ from: at(5), to: at(9), after: 'pod-1' }],
    },
    {
      what: 'a term without an end before another one',
      terms: [term({}), term({ pod: 'pod-2', from: at(9) })],
      gaps: [{ from: undefined, to: at(9), after: 'pod-1' }],
    },
    {
      what: 'terms that overlap',
      terms: [term({ to: at(20) }), term({ from: at(5), to: at(6) }), term({ from: at(20) })],
      gaps: [],
    },
    {
      what: 'terms of two elections',
      terms: [term({}), term({ election: 'other', from: at(5) })],
      gaps: [],
    },
  ])('finds the times without a leader: $what', ({ terms, gaps }) => {
    expect(gapsBetween(terms)).toMatchObject(gaps);
    expect(gapsBetween(terms)).toHaveLength(gaps.length);
  });
});

const TERMS = [term({ to: at(2.5), reason: 'closed' }), term({ pod: 'pod-2', from: at(9), number: 1 })];
const RUNS = [run(10, { pod: 'pod-2', fencingToken: 7n, state: 'running', endedAt: undefined }), run(2), run(1)];

it('shows who ran what when, the newest first, with gaps between', () => {
  const madeUp = run(5, { madeUp: true, pod: 'pod-2', claimedAt: at(9), endedAt: at(9.5), attempt: 2 });
  expect(table(rowsOf([...RUNS.slice(0, 1), madeUp, ...RUNS.slice(1)], TERMS))).toEqual([
    'SLOT                      JOB   ATTEMPT  MADE UP  POD    STATE      STARTED                   TOOK',
    '2026-01-01T00:00:10.000Z  bill  1                 pod-2  running    2026-01-01T00:00:10.000Z',
    '2026-01-01T00:00:05.000Z  bill  2        yes      pod-2  succeeded  2026-01-01T00:00:09.000Z  0.500 s',
    '-- no leader of my-app for 6.500 s from 2026-01-01T00:00:02.500Z (after pod-1: closed)',
    '2026-01-01T00:00:02.000Z  bill  1                 pod-1  succeeded  2026-01-01T00:00:02.000Z  0.250 s',
    '2026-01-01T00:00:01.000Z  bill  1                 pod-1  succeeded  2026-01-01T00:00:01.000Z  0.250 s',
  ]);
});

it('shows no gap that ended before the oldest run', () => {
  expect(rowsOf([run(10)], TERMS).map(({ kind }) => kind)).toEqual(['run']);
});

it('prints no control characters of names that come from the store', () => {
  expect(table(rowsOf([run(1, { job: 'a\u001B[2Jb' })], []))[1]).toContain('a?[2Jb');
});

it('prints a fencing token as a text in JSON', () => {
  expect(JSON.parse(jsonLine({ kind: 'run', run: run(1, { fencingToken: 7n }) }))).toMatchObject({
    kind: 'run',
    job: 'bill',
    fencingToken: '7',
    slot: '2026-01-01T00:00:01.000Z',
  });
});

describe('showRuns', () => {
  const holder = { id: 'a', namespace: 'billing', pod: 'pod-1' };
  const limits = { aheadMs: 5_000, retentionMs: 60_000 };

  it('shows the runs of one namespace, job and state from a store', async () => {
    const store = memoryStore();
    const slot = new Date();
    const claims = ['bill', 'mail'].map((job) => ({ job, slot, madeUp: false }));
    await store.claim(holder, claims, limits);
    await store.claim({ ...holder, namespace: 'other' }, claims, limits);
    await store.finish(holder, [{ job: 'bill', slot, attempt: 1, state: 'failed', error: 'no paper' }]);
    const shown = async (...args: readonly string[]): Promise<readonly string[]> =>
      showRuns(store, readRunsOptions(['--namespace', 'billing', '--json', ...args]));
    const jobs = async (...args: readonly string[]): Promise<readonly string[]> =>
      (await shown(...args)).map((line): string => JSON.parse(line).job);
    expect(await jobs()).toEqual(['bill', 'mail']);
    expect(await jobs('--job', 'mail')).toEqual(['mail']);
    expect(await jobs('--state', 'failed')).toEqual(['bill']);
    expect(await jobs('--limit', '1')).toEqual(['bill']);
    await store.close();
  });

  it('says if there are no runs', async () => {
    expect(await showRuns(memoryStore(), readRunsOptions(['--namespace', 'billing']))).toEqual([
      'no runs in namespace billing',
    ]);
  });
});

it.each([
  { args: [], says: 'the namespace of the ledger is missing: --namespace=<name>' },
  {
    args: ['--namespace', 'a', '--state', 'done'],
    says: "--state is 'done', but it must be one of running, succeeded",
  },
  { args: ['--namespace', 'a', '--limit', '0'], says: "--limit is '0', but it must be a whole number from 1 to 1000" },
])('refuses $args', ({ args, says }) => {
  expect(() => readRunsOptions(args)).toThrow(says);
});
