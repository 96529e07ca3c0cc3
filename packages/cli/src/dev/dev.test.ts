import { once } from 'node:events';
import { emitKeypressEvents, type Key } from 'node:readline';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { ReplicaView } from '../replicas/replica-view.ts';
import { frame } from './screen/frame.ts';
import { keyAction } from './screen/keys.ts';
import { LogLines, withoutPasswords } from './screen/log-lines.ts';
import { narrate } from './narrate.ts';
import { Timeline } from './screen/timeline.ts';

function replica(own: Partial<ReplicaView> = {}): ReplicaView {
  return { name: 'pod-1', port: 3001, state: 'running', leads: false, isCutOff: false, ...own };
}

function bar(timeline: Timeline, nowMs: number, seconds = 6): string {
  const glyphs = { leads: '#', follows: '-', paused: '.', 'paused-leader': '%', dead: 'x' };
  const cells = timeline.cells('pod-1', seconds, nowMs);
  return cells.map((cell) => (cell === undefined ? ' ' : String(cell.term ?? glyphs[cell.mark]))).join('');
}

it('shows which replica led when, and when a term began', () => {
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

it('reports each event once, in the order of the replicas', () => {
  const other = replica({ name: 'pod-2', port: 3002 });
  const before = [replica({ leads: true }), other];
  const after = [
    replica({ state: 'dead', exit: { code: null, signal: 'SIGKILL' } }),
    { ...other, leads: true, isCutOff: true, problem: 'cannot be started' },
  ];
  expect(narrate(before, after, 1)).toEqual({
    sentences: [
      'pod-1 is dead (SIGKILL)',
      'pod-2: cannot be started',
      'pod-2 is cut off from the API server',
      'pod-2 leads, term 2',
    ],
    terms: 2,
  });
  expect(narrate(after, after, 2).sentences).toEqual([]);
});

/** What the keys order of which a terminal sends these bytes. */
async function orders(input: string): Promise<readonly string[]> {
  const terminal = new PassThrough();
  const kinds: string[] = [];
  emitKeypressEvents(terminal);
  terminal.on('keypress', (_, key: Key) => {
    const action = keyAction(key);
    if (action !== undefined) kinds.push(action.kind === 'choose' ? `choose ${action.index}` : action.kind);
  });
  terminal.end(input);
  await once(terminal, 'end');
  return kinds;
}

it('reads several keys at once', async () => {
  const input = '2krpch\u001B[A\u001B[B\u001BOA\u001BOB\tq\u0003';
  const arrows = ['previous', 'next', 'previous', 'next'];
  const letters = ['kill', 'restart', 'pause', 'cutOff', 'heal'];
  expect(await orders(input)).toEqual(['choose 1', ...letters, ...arrows, 'next', 'quit', 'quit']);
});

it.each([
  { key: 'F5', input: '\u001B[15~' },
  { key: 'Delete', input: '\u001B[3~' },
  { key: 'Page Up', input: '\u001B[5~' },
  { key: 'Alt-k', input: '\u001Bk' },
  { key: 'Alt-1', input: '\u001B1' },
  { key: 'Ctrl-K', input: '\u000B' },
  { key: 'Shift-k', input: 'K' },
  { key: 'Ctrl-Up', input: '\u001B[1;5A' },
  { key: 'z', input: 'z' },
])('takes $key for no order', async ({ input }) => {
  expect(await orders(`${input}q`)).toEqual(['quit']);
});

it('takes Ctrl-C for an order to quit even right after an Escape', async () => {
  expect(await orders('\u001B\u0003')).toEqual(['quit']);
});

it.each([true, false])('explains every key in 50 columns, ending: %s', (isEnding) => {
  const replicas = [1, 2, 3].map((number) => replica({ name: `pod-${number}` }));
  const scene = { title: 'node app.js', replicas, chosen: 0, timeline: new Timeline(), log: new LogLines(), isEnding };
  const size = { columns: 50, rows: 24 };
  const picture = frame(scene, size, 0).map((line) => stripVTControlCharacters(line));
  expect(picture.filter((line) => line.length > size.columns)).toEqual([]);
  const keys = picture.slice(5).filter((line) => line !== '');
  expect(keys).toEqual(
    isEnding
      ? ['ending after SIGTERM; Ctrl-C again kills at once']
      : ['pod-1: k kill  r restart  p pause  c cut off', 'h heal  q quit  1-3 choose'],
  );
});

it('marks a title that is too long', () => {
  const title = 'a command with many arguments, more than fit';
  const scene = {
    title,
    replicas: [replica()],
    chosen: 0,
    timeline: new Timeline(),
    log: new LogLines(),
    isEnding: false,
  };
  const [first = ''] = frame(scene, { columns: 50, rows: 24 }, 0);
  expect(stripVTControlCharacters(first)).toMatch(/^cluster-leader dev · term 0 · a command .*…$/);
});

it.each([
  { columns: 80, rows: 24 },
  { columns: 50, rows: 16 },
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

it.each([
  { text: 'node app.js --db postgres://me:hunter2@db/app', shown: 'node app.js --db postgres://***@db/app' },
  { text: 'DB=redis://:hun/ter@2@db node .', shown: 'DB=redis://***@db node .' },
  { text: 'curl "http://me:hunter2@a" http://b/c', shown: 'curl "http://***@a" http://b/c' },
  { text: 'npx @cluster-leader/cli dev', shown: 'npx @cluster-leader/cli dev' },
])('never shows a password: $text', ({ text, shown }) => {
  expect(withoutPasswords(text)).toBe(shown);
});
