import type { Instant } from '../belief/clock.ts';
import { unknown, type Verdict } from '../belief/verdict.ts';
import type { LeadershipEvents } from './cluster-leader.ts';
import type { Emitter } from './emitter.ts';
import { LiveTerm } from './live-term.ts';
import { showsAnswer } from './on-unknown.ts';
import { transition } from './transition.ts';

/** What the terms of one leader need of it. */
export interface TermsOptions {
  readonly judge: (now: Instant | undefined) => Verdict;
  /** The fencing token of a term that begins now. */
  readonly fencingToken: () => bigint | undefined;
  readonly emitter: Emitter<LeadershipEvents>;
}

/** The terms of one leader: begins and ends them as its verdict changes, and emits the events of that. */
export class Terms {
  readonly #options: TermsOptions;
  #seen: Verdict = unknown('not-asked');
  #present: LiveTerm | undefined;
  #open: LiveTerm | undefined;
  #elections = 0;
  #wasAnswered = false;

  constructor(options: TermsOptions) {
    this.#options = options;
  }

  /** The present term, if this pod led when the verdict was last re-evaluated. */
  get present(): LiveTerm | undefined {
    return this.#present;
  }

  /** The term of all runs that go ahead without a known leader, until one is known. */
  get open(): LiveTerm {
    this.#open ??= this.#newTerm(undefined);
    return this.#open;
  }

  /** Whether a usable answer has come: before the first one nothing runs, whatever `onUnknown` is. */
  get wasAnswered(): boolean {
    return this.#wasAnswered;
  }

  /** Re-evaluates the verdict: ends and begins terms, then emits the events. */
  advance(now?: Instant): Verdict {
    const verdict = this.#options.judge(now);
    const previous = this.#seen;
    const change = transition(previous, verdict);
    if (change === undefined) return verdict;
    this.#seen = verdict;
    this.#wasAnswered ||= showsAnswer(verdict);
    const ended = change.endsTerm ? this.#present : undefined;
    const open = change.endsOpenRuns ? this.#open : undefined;
    if (change.endsOpenRuns) this.#open = undefined;
    this.#present = change.beginsTerm ? this.#newTerm((this.#elections += 1)) : undefined;

    const { emitter } = this.#options;
    if (ended !== undefined) emitter.queue('demoted', { term: ended, reason: change.reason });
    if (this.#present !== undefined) emitter.queue('elected', { term: this.#present });
    emitter.queue('standing', { ...verdict, previous: previous.standing });
    // Signals abort before any listener or logger is called. What they run may read the standing again, hence the queue.
    ended?.end(change.reason);
    open?.end(change.reason);
    emitter.deliver();
    return this.#seen;
  }

  #newTerm(number: number | undefined): LiveTerm {
    const fencingToken = number === undefined ? undefined : this.#options.fencingToken();
    return new LiveTerm(number, fencingToken, () => this.advance());
  }
}
