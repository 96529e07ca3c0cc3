import { FOLLOWER, type Verdict } from '../belief/verdict.ts';
import type { LeadershipSource } from './leadership-source.ts';

/** A source whose owner sets the standing: for unit tests, and for processes that another one instructs. */
export class ManualSource implements LeadershipSource {
  #verdict: Verdict;
  #fencingToken: bigint | undefined;
  readonly #listeners = new Set<() => void>();

  /** It starts as a follower by default. */
  constructor(verdict: Verdict = FOLLOWER) {
    this.#verdict = verdict;
  }

  /** Changes the standing, and the leader's terms and events with it. A term that begins has this fencing token. */
  become(verdict: Verdict, fencingToken?: bigint): void {
    this.#verdict = verdict;
    this.#fencingToken = fencingToken;
    for (const onChange of this.#listeners) onChange();
  }

  judge(): Verdict {
    return this.#verdict;
  }

  fencingToken(): bigint | undefined {
    return this.#fencingToken;
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
