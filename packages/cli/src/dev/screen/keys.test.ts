import { once } from 'node:events';
import { emitKeypressEvents, type Key } from 'node:readline';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { keyAction } from './keys.ts';

/** Returns the actions of the keys for which a terminal sends `input`. */
async function actions(input: string): Promise<readonly string[]> {
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
  expect(await actions(input)).toEqual(['choose 1', ...letters, ...arrows, 'next', 'quit', 'quit']);
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
])('ignores $key', async ({ input }) => {
  expect(await actions(`${input}q`)).toEqual(['quit']);
});

it('quits on Ctrl-C even right after an Escape', async () => {
  expect(await actions('\u001B\u0003')).toEqual(['quit']);
});
