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
  '\u0003': { kind: 'quit' }, // Ctrl-C, which a terminal in raw mode makes no signal of
  '\u001B[A': { kind: 'previous' },
  '\u001B[B': { kind: 'next' },
  '\u001BOA': { kind: 'previous' },
  '\u001BOB': { kind: 'next' },
  '\t': { kind: 'next' },
};

/** The line that says which key does what. */
export const KEY_LINE = 'k kill  r restart  p pause  c cut off  h heal';

/** Reads what a terminal sends, which may be several keys at once. Keys without a meaning are left out. */
export function readKeys(input: string): readonly KeyAction[] {
  // oxlint-disable-next-line no-control-regex -- arrow keys begin with an escape
  const keys = input.match(/\u001B[[O][A-Z]|[^]/g) ?? [];
  return keys.flatMap((key) => {
    if (/^[1-9]$/.test(key)) return [{ kind: 'choose', index: Number(key) - 1 } as const];
    const action = ACTIONS[key];
    return action === undefined ? [] : [action];
  });
}
