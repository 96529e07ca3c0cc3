import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { replica } from '../../fixtures/replica-view.ts';
import { frame } from './frame.ts';
import { LogLines } from './log-lines.ts';
import { Timeline } from './timeline.ts';

it.each([true, false])('explains every key in 50 columns, ending: %s', (isEnding) => {
  const replicas = [1, 2, 3].map((number) => replica({ name: `pod-${number}` }));
  const scene = { title: 'node app.js', replicas, chosen: 0, timeline: new Timeline(), log: new LogLines(), isEnding };
  const size = { columns: 50, rows: 24 };
  const picture = frame(scene, size, 0).map((line) => stripVTControlCharacters(line));
  expect(picture.filter((line) => line.length > size.columns)).toEqual([]);
  const keys = picture.slice(5).filter((line) => line !== '');
  expect(keys).toEqual(
    isEnding
      ? ['ending with SIGTERM; Ctrl-C again kills at once']
      : ['pod-1: k kill  r restart  p pause  c cut off', 'h heal  q quit  1-3 choose'],
  );
});

it('ends a title that is too long with an ellipsis', () => {
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

it('explains in 80 columns what it means to lead without the lock', () => {
  const replicas = [
    replica({ leads: true, holdsLock: false, isCutOff: true }),
    replica({ name: 'pod-2', leads: true }),
  ];
  const scene = { title: '', replicas, chosen: 0, timeline: new Timeline(), log: new LogLines(), isEnding: false };
  const picture = frame(scene, { columns: 80, rows: 24 }, 0).map((line) => stripVTControlCharacters(line));
  expect(picture[1]).toContain('pod-1 :3001 no lock, cut off');
  expect(picture[2]).toContain('pod-2 :3001 leads');
  expect(picture).toContain('no lock: the sidecar says that it leads; an app with lockRecord does not');
});
