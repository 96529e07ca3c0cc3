import { FOLLOWER, type Verdict } from '../belief/verdict.ts';
import type { LeadershipSource } from './leadership-source.ts';

/** A source whose owner sets the standing: for unit tests, and for processes that another one instructs. */
export class ManualSource implements LeadershipSource {
  #verdict: Verdict;
  readonly #listeners = new Set<() => void>();

  /** It starts as a follower by default. */
  constructor(verdict: Verdict = FOLLOWER) {
    this.#verdict = verdict;
  }

  /** Changes the standing, and the leader's terms and events with it. */
  become(verdict: Verdict): void {
    this.#verdict = verdict;
    for (const onChange of this.#listeners) onChange();
  }

  judge(): Verdict {
    return this.#verdict;
  }

  watch(onChange: () => void): void {
    this.#listeners.add(onChange);
  }

  async check(_maxAgeMs?: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
  }

  status(): object {
    return {};
  }

  async close(): Promise<void> {}
}
