import { once } from 'node:events';
import { painted } from './colours.ts';
import type { DevView } from './dev-view.ts';

/** Writes every line with its replica's name before it: for pipes, files and logs. Loses none. */
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
      // The apps go on writing while they are ended.
      if (isGone) return;
      const start = prefix(replica);
      if (stdout.write(lines.map((line) => `${start}${line}\n`).join(''))) return;
      // One wait for all replicas: a flood of one must not leave listeners behind.
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
