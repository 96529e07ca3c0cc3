import type { Verdict } from '../belief/verdict.ts';
import type { LeadershipSource } from './leadership-source.ts';

/** A source whose judgement never changes: the modes `always` and `never`. */
export class ConstantSource implements LeadershipSource {
  readonly #verdict: Verdict;
  readonly #status: object;
  #isWatching = false;

  constructor(verdict: Verdict, status: object = {}) {
    this.#verdict = verdict;
    this.#status = status;
  }

  judge(): Verdict {
    return this.#verdict;
  }

  watch(onChange: () => void): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    onChange();
  }

  async check(): Promise<void> {}

  status(): object {
    return this.#status;
  }

  async close(): Promise<void> {}
}
