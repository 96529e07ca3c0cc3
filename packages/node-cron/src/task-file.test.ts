import { solvePath } from 'node-cron';
import { expect, test } from 'vitest';
import { resolveTaskFile } from './task-file.ts';

const WRAPPER = new URL('leader-cron.ts', import.meta.url).href;

test('resolves a relative path against the file that calls', () => {
  expect(resolveTaskFile('./tasks/report.js', WRAPPER)).toBe(new URL('tasks/report.js', import.meta.url).href);
  expect(resolveTaskFile('../report.js', WRAPPER)).toBe(new URL('../report.js', import.meta.url).href);
  expect(resolveTaskFile('report.js', WRAPPER)).toBe(new URL('report.js', import.meta.url).href);
});

test('leaves file URLs as they are, and makes them of absolute paths', () => {
  expect(resolveTaskFile('file:///app/report.js?v=1', WRAPPER)).toBe('file:///app/report.js?v=1');
  expect(resolveTaskFile('/app/a report #1.js', WRAPPER)).toBe('file:///app/a%20report%20%231.js');
});

test.each(['./report.js', './a report.js', './report #1.js', './100%.js', './why?.js', './%41.js', './tasks/../r.js'])(
  'resolves %s to what node-cron would',
  (file) => {
    expect(resolveTaskFile(file, WRAPPER)).toBe(solvePath(file));
  },
);

test('passes over the wrapper', () => {
  expect(resolveTaskFile('./report.js', import.meta.url)).not.toBe(new URL('report.js', import.meta.url).href);
});

test('rejects a relative path if no file calls', async () => {
  // A timer calls from no file, so the wrapper, which is this file here, is all there is.
  const thrown = await new Promise<unknown>((resolve) => {
    setTimeout(() => {
      try {
        resolve(resolveTaskFile('./report.js', import.meta.url));
      } catch (error) {
        resolve(error);
      }
    }, 0);
  });
  expect(thrown).toBeInstanceOf(TypeError);
  expect(String(thrown)).toMatch(/\.\/report\.js is relative.*make it absolute/);
});
