import type { DatedAnswer, ElectorClient } from '@cluster-leader/core';
import { fail, judge, observe, type Belief } from '../../packages/core/src/belief/belief.ts';
import { readClock } from '../../packages/core/src/belief/clock.ts';
import { ElectorError } from '../../packages/core/src/sidecar/elector-error.ts';
import { claimOf, type Observation } from '../../packages/core/src/belief/observation.ts';
import type { Timing } from '../../packages/core/src/settings/timing.ts';
import { clientOf } from './service.ts';
import type { RecordedSidecar } from './recorded-sidecar.ts';
import type { Candidate, MakeCandidate } from './replay.ts';

/** Core's pure rules, each of which a control can replace. */
export interface Rules {
  readonly observe: typeof observe;
  readonly fail: typeof fail;
  readonly judge: typeof judge;
}

const UNREACHABLE = new ElectorError('unreachable', 'not asked');
const CORES: Rules = { observe, fail, judge };

/** Candidates that poll every second as the service does, and believe by core's rules but for those given. */
export function ruledBy(rules: Partial<Rules>): MakeCandidate {
  return (pod, sidecar) => new RuledCandidate(pod, sidecar, { ...CORES, ...rules });
}

/** Nothing is ever too old. */
export const neverAges: Partial<Rules> = {
  judge: (belief, now, rules) => judge(belief, belief.newest?.askedAt ?? now, rules),
};

/** Silence before the first answer of a process is like a refusal. */
export const silenceIsNoGap: Partial<Rules> = {
  observe: (belief, observation, rules) => observe(belief, { ...observation, wasSilent: false }, rules),
  fail: (belief, failure) => fail(belief, failure, false),
};

/** A second answer without a name ends the suspicion that a gap raises. */
export const namelessIsEvidence: Partial<Rules> = {
  observe: (belief, observation, rules) => {
    const next = observe(belief, observation, rules);
    return observation.claim === 'none' && next.doubted === undefined ? { newest: observation } : next;
  },
};

/** A failed attempt renews the last answer. */
export const failuresRenew: Partial<Rules> = {
  fail: (belief) => (belief.newest === undefined ? belief : { ...belief, newest: renewed(belief.newest) }),
};

/** An invalid answer counts as a claim of this pod. */
export const invalidElects: Partial<Rules> = {
  fail: (belief, failure) => (failure === 'invalid-answer' ? { newest: claim('self') } : fail(belief, failure)),
};

/** An answer without a name renews the last one that had a name. */
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
  readonly #timing: Timing;
  readonly #closing = new AbortController();
  #belief: Belief = {};
  #answers = 0;
  #isAsking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(pod: string, sidecar: RecordedSidecar, rules: Rules) {
    this.#pod = pod;
    this.#timing = sidecar.timing;
    this.#client = clientOf(sidecar, this.#timing);
    this.#rules = rules;
    this.#poll();
  }

  isLeaderNow(): boolean {
    return this.#rules.judge(this.#belief, readClock(), this.#timing).standing === 'leader';
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
    this.#belief = {};
  }

  #poll(): void {
    if (!this.#isAsking) void this.#ask();
    this.#timer = setTimeout(() => this.#poll(), this.#timing.pollIntervalMs * (0.9 + 0.2 * Math.random()));
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      this.#belief = this.#rules.observe(
        this.#belief,
        this.#read(await this.#client.ask(this.#closing.signal)),
        this.#timing,
      );
    } catch (error) {
      const { reason, wasSilent } = error instanceof ElectorError ? error : UNREACHABLE;
      this.#belief = this.#rules.fail(this.#belief, reason, wasSilent);
    }
    this.#isAsking = false;
    if (this.#belief.doubted !== undefined) setTimeout(() => void this.#ask(), 0.025 * this.#timing.leaseDurationMs);
  }

  #read({ answer, ...dated }: DatedAnswer): Observation {
    this.#answers += 1;
    return { ...dated, question: this.#answers, claim: claimOf(answer, [this.#pod]), leader: answer.leader };
  }
}

function renewed(observation: Observation): Observation {
  return { ...observation, askedAt: readClock() };
}

function claim(whom: Observation['claim']): Observation {
  return { question: 0, askedAt: readClock(), answeredAt: readClock(), claim: whom, leader: undefined };
}
