import type { RunTerm } from './run-term.ts';

const SWEEP_AT = 16;

/** Calls back when a run can no longer be read. */
const unreadable = new FinalizationRegistry<() => void>((drop) => drop());

/**
 * The runs of one term that one signal ends.
 *
 * A run may leave work behind whose signal must still abort, so an ended run stays: strongly while its signal has listeners,
 * weakly while somebody else holds its signal. A run that left nothing behind is dropped.
 */
export class RunGroup {
  readonly #onEmpty: () => void;
  readonly #running = new Set<RunTerm>();
  readonly #listened = new Set<RunTerm>();
  readonly #readable = new Set<WeakRef<RunTerm>>();
  #sweepAt = SWEEP_AT;

  /** `onEmpty` is called whenever the group has no run left. */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  begin(run: RunTerm): void {
    this.#running.add(run);
  }

  end(run: RunTerm): void {
    this.#running.delete(run);
    if (run.isListenedTo) this.#keepWhileListened(run);
    else if (run.isReadable) this.keepWhileReadable(run);
    this.#dropIfEmpty();
  }

  /** Keeps an ended run as long as somebody may read its signal. */
  keepWhileReadable(run: RunTerm): void {
    if (this.#running.has(run)) return;
    const ref = new WeakRef(run);
    this.#readable.add(ref);
    unreadable.register(run, () => {
      this.#readable.delete(ref);
      this.#dropIfEmpty();
    });
  }

  abort(loss: unknown): void {
    for (const run of [...this.#running, ...this.#listened]) run.abort(loss);
    for (const ref of this.#readable) ref.deref()?.abort(loss);
    this.#listened.clear();
    this.#readable.clear();
    this.#dropIfEmpty();
  }

  /** Libraries may remove their listeners late, so what is kept for its listeners is looked at again as it grows. */
  #keepWhileListened(run: RunTerm): void {
    this.#listened.add(run);
    if (this.#listened.size < this.#sweepAt) return;
    for (const kept of this.#listened) {
      if (kept.isListenedTo) continue;
      this.#listened.delete(kept);
      if (kept.isReadable) this.keepWhileReadable(kept);
    }
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#listened.size);
  }

  #dropIfEmpty(): void {
    if (this.#running.size + this.#listened.size + this.#readable.size === 0) this.#onEmpty();
  }
}
