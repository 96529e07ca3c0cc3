import type { Verdict } from '../belief/verdict.ts';
import type { LeadershipSource } from './leadership-source.ts';

/** A source whose judgement never changes: the modes `always` and `never`. */
export class ConstantSource implements LeadershipSource {
  readonly #verdict: Verdict;
  readonly #status: object;
  readonly #told = new WeakSet<() => void>();

  constructor(verdict: Verdict, status: object = {}) {
    this.#verdict = verdict;
    this.#status = status;
  }

  judge(): Verdict {
    return this.#verdict;
  }

  watch(onChange: () => void): void {
    if (this.#told.has(onChange)) return;
    this.#told.add(onChange);
    onChange();
  }

  async check(): Promise<void> {}

  status(): object {
    return this.#status;
  }

  async close(): Promise<void> {}
}
