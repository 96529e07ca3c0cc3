import { emitKeypressEvents, type Key } from 'node:readline';

const ENTER = '\u001B[?1049h\u001B[?25l\u001B[?7l'; // alternate screen, no cursor, no wrapping of long lines
const LEAVE = '\u001B[?7h\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

/** Draws on the whole terminal, reports key presses, and restores the terminal in the end. */
export class Screen {
  readonly #onKey: (text: string | undefined, key: Key) => void;
  readonly #onResize: () => void;
  readonly #leave = (): void => this.leave();
  #isOpen = false;

  constructor(onKey: (key: Key) => void, onResize: () => void) {
    this.#onKey = (_, key) => onKey(key);
    this.#onResize = onResize;
  }

  /** Takes over the terminal; it is restored even if an error ends the process. */
  enter(): void {
    this.#isOpen = true;
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true).on('keypress', this.#onKey).resume();
    process.stdout.on('resize', this.#onResize).write(ENTER);
    process.once('exit', this.#leave);
  }

  /** Replaces the picture. */
  draw(lines: readonly string[]): void {
    if (this.#isOpen)
      process.stdout.write(`${HOME}${lines.map((line) => CLEAR_LINE + line).join('\r\n')}${CLEAR_BELOW}`);
  }

  /** Restores the terminal. */
  leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#leave);
    process.stdout.off('resize', this.#onResize).write(LEAVE);
    process.stdin.off('keypress', this.#onKey).setRawMode(false).pause();
  }
}
