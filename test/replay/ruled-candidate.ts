import type { DatedAnswer, ElectorClient } from '@cluster-leader/core';
import { fail, judge, observe, type Belief, type BeliefRules } from '../../packages/core/src/belief/belief.ts';
import { readClock } from '../../packages/core/src/belief/clock.ts';
import { ElectorError } from '../../packages/core/src/sidecar/elector-error.ts';
import { claimOf, type Observation } from '../../packages/core/src/belief/observation.ts';
import { RecordedClient } from './recorded-client.ts';
import type { Candidate, MakeCandidate } from './replay.ts';

/** Core's pure rules, so that a control can put another in the place of one. */
export interface Rules {
  readonly observe: typeof observe;
  readonly fail: typeof fail;
  readonly judge: typeof judge;
}

const BOUNDS: BeliefRules = { maxAgeMs: 4_000, settleMs: 10_000 };
const CORES: Rules = { observe, fail, judge };

/** Candidates that poll every second as the service does, and believe by core's rules but for those given. */
export function ruledBy(rules: Partial<Rules>): MakeCandidate {
  return (pod, sidecar) => new RuledCandidate(pod, new RecordedClient(sidecar), { ...CORES, ...rules });
}

/** Nothing is ever too old. */
export const neverAges: Partial<Rules> = {
  judge: (belief, now, rules) => judge(belief, belief.newest?.askedAt ?? now, rules),
};

/** A failed attempt counts as the last answer, come again. */
export const failuresRenew: Partial<Rules> = {
  fail: (belief) => (belief.newest === undefined ? belief : { ...belief, newest: renewed(belief.newest) }),
};

/** Whatever is no sidecar's answer says that this pod leads. */
export const invalidElects: Partial<Rules> = {
  fail: (belief, failure) => (failure === 'invalid-answer' ? { newest: claim('self') } : fail(belief, failure)),
};

/** An answer without a name counts as the last name, come again. */
export const namelessRenews: Partial<Rules> = {
  observe: (belief, observation, rules) =>
    observation.claim === 'none' && belief.newest !== undefined
      ? { ...belief, newest: { ...belief.newest, askedAt: observation.askedAt } }
      : observe(belief, observation, rules),
};

/** The first answer without a name demotes. */
export const namelessDemotes: Partial<Rules> = {
  observe: (belief, observation, rules) =>
    observation.claim === 'none' ? { newest: observation } : observe(belief, observation, rules),
};

class RuledCandidate implements Candidate {
  readonly #pod: string;
  readonly #client: ElectorClient;
  readonly #rules: Rules;
  readonly #closing = new AbortController();
  #belief: Belief = {};
  #isAsking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(pod: string, client: ElectorClient, rules: Rules) {
    this.#pod = pod;
    this.#client = client;
    this.#rules = rules;
    this.#poll();
  }

  isLeaderNow(): boolean {
    return this.#rules.judge(this.#belief, readClock(), BOUNDS).standing === 'leader';
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
  }

  #poll(): void {
    if (!this.#isAsking) void this.#ask();
    this.#timer = setTimeout(() => this.#poll(), 900 + 200 * Math.random());
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      this.#belief = this.#rules.observe(
        this.#belief,
        this.#read(await this.#client.ask(this.#closing.signal)),
        BOUNDS,
      );
    } catch (error) {
      const failure = error instanceof ElectorError ? error.reason : 'unreachable';
      this.#belief = this.#rules.fail(this.#belief, failure);
    }
    this.#isAsking = false;
    if (this.#belief.doubted !== undefined) setTimeout(() => void this.#ask(), 250);
  }

  #read({ answer, askedAt, answeredAt }: DatedAnswer): Observation {
    return { askedAt, answeredAt, claim: claimOf(answer, [this.#pod]), leader: answer.leader };
  }
}

function renewed(observation: Observation): Observation {
  return { ...observation, askedAt: readClock() };
}

function claim(whom: Observation['claim']): Observation {
  return { askedAt: readClock(), answeredAt: readClock(), claim: whom, leader: undefined };
}
