import type { Key } from 'node:readline';

/** What a key does. */
export type KeyAction =
  | { readonly kind: 'choose'; readonly index: number }
  | { readonly kind: 'next' | 'previous' | 'quit' }
  | { readonly kind: 'kill' | 'restart' | 'pause' | 'cutOff' | 'heal' };

const ACTIONS: Readonly<Record<string, KeyAction>> = {
  k: { kind: 'kill' },
  r: { kind: 'restart' },
  p: { kind: 'pause' },
  c: { kind: 'cutOff' },
  h: { kind: 'heal' },
  q: { kind: 'quit' },
  up: { kind: 'previous' },
  down: { kind: 'next' },
  tab: { kind: 'next' },
};

/** The letter keys, for the line on the screen that explains them. */
export const KEYS: readonly string[] = ['k kill', 'r restart', 'p pause', 'c cut off', 'h heal', 'q quit'];

/** Returns what a key press does, or undefined. Of the combinations with Ctrl, Alt or Shift only Ctrl-C does something. */
export function keyAction({ sequence = '', name = '', ctrl, meta, shift }: Key): KeyAction | undefined {
  // Ctrl-C: a terminal in raw mode sends no signal for it. After an Escape both arrive as one sequence.
  if (sequence.endsWith('\u0003')) return { kind: 'quit' };
  if (ctrl === true || meta === true || shift === true) return undefined;
  if (/^[1-9]$/.test(name)) return { kind: 'choose', index: Number(name) - 1 };
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
}
