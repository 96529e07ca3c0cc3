import { styleText } from 'node:util';

const COLOURS = ['cyan', 'magenta', 'yellow', 'blue', 'green', 'red'] as const;

/** Paints `text` in the colour of the replica at `index`, if the stream and the user's settings allow colours. */
export function painted(index: number, text: string, stream: NodeJS.WritableStream): string {
  return styleText(COLOURS[index % COLOURS.length] ?? 'cyan', text, { stream });
}
