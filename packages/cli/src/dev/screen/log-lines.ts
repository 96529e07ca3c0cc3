import { stripVTControlCharacters } from 'node:util';

/** One line of the log: a replica's output, or a sentence from `dev` itself. */
export interface LogLine {
  /** The replica that wrote the line; undefined if `dev` did. */
  readonly replica: string | undefined;
  readonly text: string;
}

/** More than a screen has rows. */
const KEPT_LINES = 500;
/** More than a screen has columns. */
const MAX_LENGTH = 1_000;
// oxlint-disable-next-line no-control-regex -- the expression exists to remove them
const CONTROLS = /[\u0000-\u001F\u007F-\u009F]/g;

/** Keeps the newest lines of the log, without control characters. */
export class LogLines {
  #lines: LogLine[] = [];

  /** Adds lines; the oldest ones are dropped. */
  add(replica: string | undefined, texts: readonly string[]): void {
    const lines = texts.slice(-KEPT_LINES).map((text) => ({ replica, text: plain(text) }));
    this.#lines = [...this.#lines, ...lines].slice(-KEPT_LINES);
  }

  /** Returns the newest lines, oldest first. */
  newest(count: number): readonly LogLine[] {
    return count > 0 ? this.#lines.slice(-count) : [];
  }
}

/** Removes what would move a terminal's cursor, and cuts the text to a length that fills any screen. */
export function plain(text: string): string {
  const short = text.slice(0, MAX_LENGTH);
  return stripVTControlCharacters(short)
    .replaceAll(/[\t\n]/g, '  ')
    .replaceAll(CONTROLS, '');
}

/** Replaces the user names and passwords of URLs, because others may see the screen. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/(?<=:\/\/)[^\s'"]*@/g, '***@');
}
