import { stripVTControlCharacters } from 'node:util';

/** One line of the log: a replica's output, or news of a replica. */
export interface LogLine {
  /** The replica that wrote it; undefined if the line is dev's own. */
  readonly replica: string | undefined;
  readonly text: string;
}

/** More than a screen has rows; older lines are dropped. */
const KEPT = 500;
const LONGEST = 1_000;
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const CONTROLS = /[\u0000-\u001F\u007F-\u009F]/g;

/** Keeps the newest lines, without what would move a terminal's cursor. */
export class LogLines {
  #lines: LogLine[] = [];

  add(replica: string | undefined, texts: readonly string[]): void {
    const lines = texts.slice(-KEPT).map((text) => ({ replica, text: plain(text) }));
    this.#lines = [...this.#lines, ...lines].slice(-KEPT);
  }

  newest(count: number): readonly LogLine[] {
    return count > 0 ? this.#lines.slice(-count) : [];
  }
}

/** A text without what would move a terminal's cursor, in a length that fits any screen. */
export function plain(text: string): string {
  const short = text.slice(0, LONGEST);
  return stripVTControlCharacters(short)
    .replaceAll(/[\t\n]/g, '  ')
    .replaceAll(CONTROLS, '');
}

/** A text without the user names and passwords of the URLs in it, for a screen that others may see. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/(?<=:\/\/)[^\s'"]*@/g, '***@');
}
