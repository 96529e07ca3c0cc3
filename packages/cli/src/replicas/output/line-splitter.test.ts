import { expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

it('splits bytes into lines even if chunks end within a character', () => {
  const splitter = new LineSplitter();
  const bytes = Buffer.from('eins\r\nzwölf\n\nrest');
  const lines = [...bytes].flatMap((byte) => splitter.push(Buffer.from([byte])));
  expect([...lines, ...splitter.end()]).toEqual(['eins', 'zwölf', '', 'rest']);
  expect(splitter.end()).toEqual([]);
});

it('splits output without line ends', () => {
  const splitter = new LineSplitter();
  const lines = Array.from({ length: 100 }, () => splitter.push(Buffer.alloc(65_536, 'x'))).flat();
  expect(lines.join('') + splitter.end().join('')).toHaveLength(100 * 65_536);
  expect(Math.max(...lines.map((line) => line.length))).toBe(16_384);
});
