const ENTER = '\u001B[?1049h\u001B[?25l\u001B[?7l'; // the other screen, no cursor, no wrapping of long lines
const LEAVE = '\u001B[?7h\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

/** A terminal that is drawn on as a whole, and given back as it was. */
export class Screen {
  readonly #onInput: (input: string) => void;
  readonly #onResize: () => void;
  readonly #leave = (): void => this.leave();
  #isOpen = false;

  constructor(onInput: (input: string) => void, onResize: () => void) {
    this.#onInput = onInput;
    this.#onResize = onResize;
  }

  enter(): void {
    this.#isOpen = true;
    process.stdin.setRawMode(true).setEncoding('utf8').on('data', this.#onInput).resume();
    process.stdout.on('resize', this.#onResize).write(ENTER);
    // Also where an error ends the process.
    process.once('exit', this.#leave);
  }

  draw(lines: readonly string[]): void {
    if (this.#isOpen)
      process.stdout.write(`${HOME}${lines.map((line) => CLEAR_LINE + line).join('\r\n')}${CLEAR_BELOW}`);
  }

  leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#leave);
    process.stdout.off('resize', this.#onResize).write(LEAVE);
    process.stdin.off('data', this.#onInput).setRawMode(false).pause();
  }
}
