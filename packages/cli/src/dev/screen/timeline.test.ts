import { expect, it } from 'vitest';
import { replica } from '../../fixtures/replica-view.ts';
import { Timeline } from './timeline.ts';

function bar(timeline: Timeline, nowMs: number, seconds = 6): string {
  const glyphs = { leads: '#', follows: '-', paused: '.', 'paused-leader': '%', dead: 'x' };
  const cells = timeline.cells('pod-1', seconds, nowMs);
  return cells.map((cell) => (cell === undefined ? ' ' : String(cell.term ?? glyphs[cell.mark]))).join('');
}

it('shows when a replica led, and when a term began', () => {
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

it('shows even the shortest time of leading', () => {
  const timeline = new Timeline();
  timeline.note([replica()], 0);
  timeline.note([replica({ leads: true })], 1_100);
  timeline.note([replica()], 1_200);
  expect(bar(timeline, 3_000, 3)).toBe('-1-');
});

it('forgets what no screen can show', () => {
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
