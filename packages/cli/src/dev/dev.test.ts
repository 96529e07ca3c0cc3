import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { ReplicaView } from '../replicas/replica-view.ts';
import { frame } from './frame.ts';
import { readKeys } from './keys.ts';
import { LogLines } from './log-lines.ts';
import { narrate } from './narrate.ts';
import { Timeline } from './timeline.ts';

function replica(own: Partial<ReplicaView> = {}): ReplicaView {
  return { name: 'pod-1', port: 3001, state: 'running', leads: false, isCutOff: false, ...own };
}

function bar(timeline: Timeline, nowMs: number, seconds = 6): string {
  const glyphs = { leads: '#', follows: '-', paused: '.', 'paused-leader': '%', dead: 'x' };
  const cells = timeline.cells('pod-1', seconds, nowMs);
  return cells.map((cell) => (cell === undefined ? ' ' : String(cell.term ?? glyphs[cell.mark]))).join('');
}

it('shows who led when, and where a term began', () => {
  const timeline = new Timeline();
  timeline.note([replica()], 2_000);
  timeline.note([replica({ leads: true })], 3_500);
  timeline.note([replica({ leads: true, state: 'paused' })], 5_500);
  expect(bar(timeline, 6_000)).toBe(' --1#%');
  timeline.note([replica({ state: 'dead' })], 6_500);
  timeline.note([replica({ leads: true })], 8_500);
  expect(bar(timeline, 9_000)).toBe('1#%xx2');
  expect(timeline.terms).toBe(2);
});

it('shows a lead however short it was', () => {
  const timeline = new Timeline();
  timeline.note([replica()], 0);
  timeline.note([replica({ leads: true })], 1_100);
  timeline.note([replica()], 1_200);
  expect(bar(timeline, 3_000, 3)).toBe('-1-');
});

it('keeps what a screen can show, and no more', () => {
  const timeline = new Timeline();
  for (let second = 0; second < 10_000; second += 1)
    timeline.note([replica({ leads: second % 2 === 0 })], 1_000 * second);
  expect(timeline.cells('pod-1', 500, 10_000_000).every((cell) => cell !== undefined)).toBe(true);
  expect(
    timeline
      .cells('pod-1', 9_000, 10_000_000)
      .slice(0, 8_000)
      .every((cell) => cell === undefined),
  ).toBe(true);
});

it('tells each event once, in the order of the replicas', () => {
  const other = replica({ name: 'pod-2', port: 3002 });
  const before = [replica({ leads: true }), other];
  const after = [
    replica({ state: 'dead', exit: { code: null, signal: 'SIGKILL' } }),
    { ...other, leads: true, isCutOff: true, problem: 'can not be started' },
  ];
  expect(narrate(before, after, 1)).toEqual({
    sentences: [
      'pod-1 is dead (SIGKILL)',
      'pod-2: can not be started',
      'pod-2 is cut off from the API server',
      'pod-2 leads, term 2',
    ],
    terms: 2,
  });
  expect(narrate(after, after, 2).sentences).toEqual([]);
});

it('reads several keys at once, and leaves out what has no meaning', () => {
  expect(readKeys('2k\u001B[Bz\u001B[3~q').map(({ kind }) => kind)).toEqual([
    'choose',
    'kill',
    'next',
    'choose',
    'quit',
  ]);
  expect(readKeys('\u0003')).toEqual([{ kind: 'quit' }]);
});

it.each([
  { columns: 80, rows: 24 },
  { columns: 40, rows: 10 },
  { columns: 20, rows: 4 },
  { columns: 1, rows: 1 },
  { columns: 250, rows: 80 },
])('draws a picture that fits $columns x $rows', (size) => {
  const log = new LogLines();
  log.add(
    'pod-1',
    Array.from({ length: 1_000 }, () => `\u001B[31m${'wide '.repeat(100)}\u001B[2J\r\t`),
  );
  const timeline = new Timeline();
  const replicas = [
    replica({ leads: true }),
    replica({ name: 'pod-2', state: 'dead', exit: { code: 1, signal: null } }),
  ];
  timeline.note(replicas, 0);
  const picture = frame({ title: 'node app.js', replicas, chosen: 0, timeline, log, isEnding: false }, size, 9_000);
  expect(picture.length).toBeLessThanOrEqual(size.rows);
  const widths = picture.map((line) => stripVTControlCharacters(line).length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(size.columns);
});
