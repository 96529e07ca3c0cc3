import { once } from 'node:events';
import { painted } from './colours.ts';
import type { DevView } from './dev-view.ts';

/** Writes every line after its replica's name, for pipes, files and logs. Drops none. */
export function lineView(names: readonly string[]): DevView {
  const { stdout } = process;
  const width = Math.max(3, ...names.map((name) => name.length));
  const prefix = (name: string): string => {
    const text = `${name.padEnd(width)} | `;
    return names.includes(name) ? painted(names.indexOf(name), text, stdout) : text;
  };
  let drained: Promise<unknown> | undefined;
  let isGone = false;
  stdout.once('error', () => (isGone = true));
  return {
    async output(replica, lines) {
      // The apps still write while they shut down.
      if (isGone) return;
      const start = prefix(replica);
      if (stdout.write(lines.map((line) => `${start}${line}\n`).join(''))) return;
      // One wait for all replicas, so that a flood does not add listeners without end.
      drained ??= once(stdout, 'drain')
        .catch(() => {})
        .finally(() => (drained = undefined));
      await drained;
    },
    say: (sentence) => void stdout.write(`${prefix('dev')}${sentence}\n`),
    show: () => {},
    refresh: () => {},
    ending: () => {},
    close: () => {},
  };
}
