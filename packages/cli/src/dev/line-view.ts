import { once } from 'node:events';
import { painted } from './colours.ts';
import type { DevView } from './dev-view.ts';

/** Makes a view for pipes, files and logs: writes every line, prefixed with the name of its replica. */
export function lineView(names: readonly string[]): DevView {
  const { stdout } = process;
  const width = Math.max(3, ...names.map((name) => name.length));
  const prefix = (name: string): string => {
    const text = `${name.padEnd(width)} | `;
    return names.includes(name) ? painted(names.indexOf(name), text, stdout) : text;
  };
  let drained: Promise<unknown> | undefined;
  let isClosed = false;
  stdout.once('error', () => (isClosed = true));
  return {
    async output(replica, lines) {
      // The apps still write while they shut down.
      if (isClosed) return;
      const start = prefix(replica);
      if (stdout.write(lines.map((line) => `${start}${line}\n`).join(''))) return;
      // One wait for all replicas, or each of their chunks would add a listener.
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
