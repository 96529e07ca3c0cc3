import { strict as assert } from 'node:assert';
import { ClusterLeaderError, type ClusterLeaderService, type Standing, type Term } from '@cluster-leader/core';
import { vi } from 'vitest';
import type { BeliefRules } from '../../packages/core/src/belief/belief.ts';
import { ageMs, readClock } from '../../packages/core/src/belief/clock.ts';
import { settled, type VirtualTime } from '../virtual-time.ts';
import type { ArbitrarySidecar } from './arbitrary-sidecar.ts';
import { leadsByHistory } from './belief-from-history.ts';

/** The rules, and when a leader asks again that was answered with no name. */
export interface WitnessedRules extends BeliefRules {
  readonly asksAgainMs: number;
}

/** Holds the service to its promises, by what it says, what it emits and what it was answered. */
export class Witness {
  readonly #service: ClusterLeaderService;
  readonly #sidecar: ArbitrarySidecar;
  readonly #rules: WitnessedRules;
  readonly #terms: Term[] = [];
  #told: Standing = 'unknown';
  #led: Term | undefined;
  /** What the history held when the present term began. */
  #electedBy = 0;
  #events = 0;
  #runs = 0;
  #pending = 0;
  #looks = 0;
  /** What a listener has found: the service does not let it throw. */
  #failure: unknown;

  constructor(service: ClusterLeaderService, sidecar: ArbitrarySidecar, rules: WitnessedRules) {
    this.#service = service;
    this.#sidecar = sidecar;
    this.#rules = rules;
    service.on('elected', ({ term }) => this.#hear(() => this.#elected(term)));
    service.on('demoted', ({ term }) => this.#hear(() => this.#demoted(term)));
    service.on('standing', (event) => this.#hear(() => this.#changed(event.standing, event.previous)));
  }

  /** Such a promise may not reject, whatever the sidecar does, and is settled by closing at the latest. */
  expects(promise: Promise<unknown>): void {
    this.#pending += 1;
    promise.then(
      () => (this.#pending -= 1),
      (error: unknown) => (this.#failure ??= error),
    );
  }

  runs(term: Term): void {
    this.#runs += 1;
    assert.equal(this.#service.standing, 'leader');
    assert.equal(term.signal.aborted, false);
  }

  look(): void {
    const leads = leadsByHistory(this.#sidecar.history, readClock(), this.#rules);
    const getters = [
      () => assert.equal(this.#service.standing === 'leader', leads),
      () => assert.equal(this.#service.isLeaderNow(), leads),
      () => assert.equal(this.#service.status().term?.number, leads ? this.#terms.length : undefined),
      () => this.#lookAtTerms(leads),
    ];
    // Whichever is read first has to notice by itself what has lapsed.
    this.#looks += 1;
    for (const index of getters.keys()) getters[(index + this.#looks) % getters.length]?.();

    if (this.#failure !== undefined) throw this.#failure;
    assert.equal(this.#service.standing, this.#told);
    assert.equal(this.#service.status().standing, this.#told);
    if (leads) this.#lookBack();
  }

  /** Where timers are on time, so are demotions and second questions, though nobody reads the standing. */
  lookOnTime(): void {
    const { monotonicMs } = readClock();
    const { answers, isAskedAgain } = this.#sidecar;
    const claims = answers.filter(({ claim }) => claim === 'self');
    const newest = answers.at(-1);
    if (this.#told === 'leader') {
      const youngestMs = Math.max(...claims.map(({ askedAt }) => askedAt.monotonicMs));
      assert.ok(monotonicMs - youngestMs <= this.#rules.maxAgeMs);
      const doubtedMs = newest?.claim === 'none' ? newest.answeredAt.monotonicMs : Infinity;
      assert.ok(monotonicMs <= doubtedMs + this.#rules.asksAgainMs || isAskedAgain);
    }
    // An answer that is old when it comes is asked for again at once; one that names nobody a moment later.
    const isLate = newest !== undefined && ageMs(newest.askedAt, newest.answeredAt) >= 0.5 * this.#rules.maxAgeMs;
    assert.ok(!isLate || newest.claim === 'none' || isAskedAgain);
    this.look();
  }

  async seesClosing(time: VirtualTime): Promise<void> {
    this.expects(this.#service.isLeader({ maxAgeMs: 0 })); // a question that may just be on its way
    const { questions } = this.#sidecar;
    const closed = this.#service.close();
    assert.equal(this.#service.status().reason, 'closed');
    assert.equal(this.#service.standing, 'unknown');
    for (const term of this.#terms) assert.equal(assertionOf(term), 'ERR_NOT_LEADER');
    assert.equal(this.#led, undefined);
    const [events, runs] = [this.#events, this.#runs];
    await closed;
    await settled();
    assert.equal(this.#pending, 0);
    assert.equal(vi.getTimerCount(), 0);

    assert.equal(await this.#service.isLeader(), false);
    const result = await this.#service.runIfLeader((term) => this.runs(term));
    assert.deepEqual(result, { ran: false, reason: 'closed' });
    assert.equal(await this.#service.waitForLeadership().catch(codeOf), 'ERR_CLOSED');
    await time.runUntil(performance.now() + 60_000);
    assert.deepEqual([this.#events, this.#runs, this.#sidecar.questions], [events, runs, questions]);
    assert.equal(this.#service.standing, 'unknown');
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Nobody leads on: had it lapsed when an answer came, that answer would have begun another term. */
  #lookBack(): void {
    const { history } = this.#sidecar;
    for (; this.#electedBy < history.length; this.#electedBy += 1) {
      const next = history[this.#electedBy];
      if (next === undefined || !('claim' in next)) continue;
      assert.ok(leadsByHistory(history.slice(0, this.#electedBy), next.answeredAt, this.#rules));
    }
  }

  #lookAtTerms(leads: boolean): void {
    for (const term of this.#terms.toReversed()) {
      const asserted = assertionOf(term); // which may be the first look that notices the next term
      const isOver = !leads || term !== this.#terms.at(-1);
      assert.equal(asserted, isOver ? 'ERR_NOT_LEADER' : undefined);
      assert.equal(term.signal.aborted, isOver);
    }
  }

  #hear(listen: () => void): void {
    this.#events += 1;
    try {
      listen();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #elected(term: Term): void {
    assert.equal(this.#led, undefined);
    this.#led = term;
    this.#terms.push(term);
    this.#electedBy = this.#sidecar.history.length;
    assert.equal(term.number, this.#terms.length);
  }

  #demoted(term: Term): void {
    assert.equal(this.#led, term);
    this.#led = undefined;
    assert.equal(term.signal.aborted, true);
    assert.equal(assertionOf(term), 'ERR_NOT_LEADER');
  }

  #changed(standing: Standing, previous: Standing): void {
    assert.equal(previous, this.#told);
    this.#told = standing;
    assert.equal(this.#led !== undefined, standing === 'leader');
    // Whoever looks may cause the next change, which must not overtake this one.
    assert.ok(['leader', 'follower', 'unknown'].includes(this.#service.standing));
    assert.equal(this.#told, standing);
  }
}

function assertionOf(term: Term): unknown {
  try {
    term.assertLeader();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

export function codeOf(error: unknown): unknown {
  return error instanceof ClusterLeaderError ? error.code : error;
}
