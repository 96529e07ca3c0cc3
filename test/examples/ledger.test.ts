import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { Bill, DemoEvent } from '../../examples/ledger/demo-event.ts';
import { hasPassed, summarize } from '../../examples/ledger/summary.ts';
import { timeline } from '../../examples/ledger/timeline.ts';

const PROGRAM = join(import.meta.dirname, '../../examples/ledger/demo.ts');
const SPAN = { fromMs: 60_000, slots: 4 };

let id = 0;
function bill(second: number, pod: string, more: Partial<Bill> = {}): Bill {
  const slotMs = 60_000 + 1_000 * second;
  return { id: (id += 1), slotMs, pod, attempt: 1, madeUp: false, atMs: slotMs + 300, ...more };
}

const billed = (one: Bill): DemoEvent => ({
  atMs: one.atMs,
  pod: one.pod,
  what: 'billed',
  slotMs: one.slotMs,
  bill: one,
});

it('runs each slot once and makes up what was missed, through two kills and some seconds with two leaders', async () => {
  const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
    const args = ['--conditions=@cluster-leader/source', PROGRAM, '--json'];
    execFile(process.execPath, args, (error, out) => resolve({ code: error?.code ?? 0, stdout: out }));
  });
  const lines = stdout.trimEnd().split('\n');
  const summary: Record<string, number> = JSON.parse(lines.at(-1) ?? '');
  expect(summary).toMatchObject({ slots: 60, runs: 60, duplicates: 0, missing: 0 });
  expect(code).toBe(0);
  // Otherwise the faults had no effect: nobody was missing, and there were no two leaders.
  expect(summary['madeUp']).toBeGreaterThan(0);
  expect(summary['refused']).toBeGreaterThan(0);
}, 150_000);

it('counts slots that ran twice or never, and fails then', () => {
  const once = [bill(0, 'pod-1'), bill(1, 'pod-1'), bill(3, 'pod-2')];
  const late = bill(2, 'pod-2', { madeUp: true, attempt: 2, atMs: 69_000 });
  const outside = [bill(-1, 'pod-1'), bill(4, 'pod-1'), bill(4, 'pod-2')];
  const good = summarize([...once, late, ...outside], [], SPAN);
  expect(good).toEqual({
    slots: 4,
    runs: 4,
    madeUp: 1,
    rerun: 1,
    refused: 0,
    duplicates: 0,
    missing: 0,
    medianDelaySeconds: 7,
    longestDelaySeconds: 7,
  });
  expect(hasPassed(good)).toBe(true);
  const missing = summarize(once, [], SPAN);
  expect(missing).toMatchObject({ runs: 3, duplicates: 0, missing: 1 });
  expect(hasPassed(missing)).toBe(false);
  const twice = summarize([...once, late, bill(1, 'pod-2')], [], SPAN);
  expect(twice).toMatchObject({ runs: 5, duplicates: 1, missing: 0 });
  expect(hasPassed(twice)).toBe(false);
});

it('shows in 80 columns how each slot ran, and which have not run yet', () => {
  const events: DemoEvent[] = [
    { atMs: 59_000, pod: 'pod-1', what: 'elected' },
    billed(bill(0, 'pod-1')),
    { atMs: 61_100, pod: 'pod-1', what: 'killed' },
    { atMs: 63_000, pod: 'pod-2', what: 'elected' },
    billed(bill(1, 'pod-2', { madeUp: true, attempt: 2, atMs: 68_000 })),
    billed(bill(2, 'pod-2', { madeUp: true, atMs: 68_500 })),
    { atMs: 64_500, pod: 'pod-2', what: 'cut off' },
  ];
  const lines = timeline(['pod-1', 'pod-2'], events, { fromMs: 60_000, slots: 60 }, 64_000).map((line) =>
    stripVTControlCharacters(line).trimEnd(),
  );
  expect(lines.slice(0, 8)).toEqual([
    '  pod-1  dead     █···',
    '  pod-2  cut off  ·↻▲·',
    '                     !',
    '',
    '  00:00:59  pod-1  elected',
    '  00:01:01  pod-1  was killed in the middle of a run, and its sidecar with it',
    '  00:01:03  pod-2  elected',
    '  00:01:04  pod-2  was cut off: its sidecar goes on claiming that it leads',
  ]);
  const full = timeline(['pod-1', 'pod-2'], events, { fromMs: 60_000, slots: 60 }, 200_000);
  for (const line of full) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(80);
});
