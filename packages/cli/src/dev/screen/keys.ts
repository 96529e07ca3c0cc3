import type { Key } from 'node:readline';

/** What a key orders. */
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

/** The keys that act on the chosen replica, for the line that explains them. */
export const KEYS: readonly string[] = ['k kill', 'r restart', 'p pause', 'c cut off', 'h heal', 'q quit'];

/** Reads a key press; undefined if the key has no meaning, alone or with Ctrl, Alt or Shift. */
export function keyAction({ sequence = '', name = '', ctrl, meta, shift }: Key): KeyAction | undefined {
  // Ctrl-C, which a terminal in raw mode does not turn into a signal. It may follow an Escape.
  if (sequence.endsWith('\u0003')) return { kind: 'quit' };
  if (ctrl === true || meta === true || shift === true) return undefined;
  if (/^[1-9]$/.test(name)) return { kind: 'choose', index: Number(name) - 1 };
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
}
