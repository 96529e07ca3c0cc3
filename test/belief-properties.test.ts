import { ClusterLeaderError, ClusterLeaderService, type Standing, type Term } from '@cluster-leader/core';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { fail, judge, lapsesInMs, observe, type Belief, type BeliefRules } from '../packages/core/src/belief.ts';
import { readClock, type Instant } from '../packages/core/src/clock.ts';
import type { Observation } from '../packages/core/src/observation.ts';
import { leadsByHistory } from './belief-from-history.ts';
import { ArbitrarySidecar, type Mood } from './arbitrary-sidecar.ts';
import { inVirtualTime, settled, type VirtualTime } from './virtual-time.ts';

const claims = fc.constantFrom('self', 'self', 'self', 'other', 'none');

/** Small numbers, so that ages often equal a bound. */
const smallRules: fc.Arbitrary<BeliefRules> = fc.record({
  maxAgeMs: fc.integer({ min: 1, max: 6 }),
  settleMs: fc.integer({ min: 0, max: 12 }),
});

type Happening =
  | { readonly what: 'answer'; readonly claim: Observation['claim']; readonly tookMs: number }
  | { readonly what: 'failure'; readonly by: 'unreachable' | 'invalid-answer' }
  | { readonly what: 'time'; readonly ms: number }
  | { readonly what: 'wall clock'; readonly ms: number };

const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ what: fc.constant('answer'), claim: claims, tookMs: fc.integer({ min: 0, max: 3 }) }),
    },
    fc.record({ what: fc.constant('failure'), by: fc.constantFrom('unreachable', 'invalid-answer') }),
    { weight: 4, arbitrary: fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 0, max: 7 }) }) },
    fc.record({ what: fc.constant('wall clock'), ms: fc.integer({ min: -9, max: 9 }) }),
  ),
  { maxLength: 24 },
);

test('the rules believe what the whole history warrants, and no failure and no time make a leader', () => {
  fc.assert(
    fc.property(smallRules, happenings, (rules, story) => {
      const history: Observation[] = [];
      let belief: Belief = {};
      let now: Instant = { monotonicMs: 100, wallMs: 1_000 };
      for (const happening of story) {
        if (happening.what === 'time') now = later(now, happening.ms, happening.ms);
        if (happening.what === 'wall clock') now = later(now, 0, happening.ms);
        if (happening.what === 'failure') {
          const before = judge(belief, now, rules).standing;
          belief = fail(belief, happening.by);
          expect(judge(belief, now, rules).standing).toBe(before);
        }
        if (happening.what === 'answer') {
          const { claim, tookMs } = happening;
          // Some took longer than others that were asked later.
          const askedAt = later(now, -tookMs, -tookMs);
          const observation = { askedAt, answeredAt: now, claim, leader: undefined };
          history.push(observation);
          belief = observe(belief, observation, rules);
        }
        const leads = judge(belief, now, rules).standing === 'leader';
        expect(leads).toBe(leadsByHistory(history, now, rules));
        lapses(belief, now, rules);
      }
    }),
    { numRuns: 10_000 },
  );
});

/** Time alone changes a verdict where `lapsesInMs` says, and never to leader. */
function lapses(belief: Belief, now: Instant, rules: BeliefRules): void {
  const ms = lapsesInMs(belief, now, rules);
  const { standing } = judge(belief, now, rules);
  if (!Number.isFinite(ms)) expect(standing).toBe('unknown');
  else expect(judge(belief, later(now, ms - 1, ms - 1), rules).standing).toBe(standing);
  for (let passed = 1; passed < 2 * rules.maxAgeMs; passed += 1) {
    const then = judge(belief, later(now, passed, passed), rules).standing;
    if (standing !== 'leader') expect(then).not.toBe('leader');
    if (passed >= rules.maxAgeMs) expect(then).toBe('unknown');
  }
}

type Step =
  | { readonly what: 'sidecar'; readonly mood: Mood }
  | { readonly what: 'time' | 'stall'; readonly ms: number }
  | { readonly what: 'wall clock'; readonly ms: number }
  | { readonly what: 'check'; readonly maxAgeMs: number | undefined }
  | { readonly what: 'run' | 'wait' };

const moods: fc.Arbitrary<Mood> = fc.record({
  does: fc.constantFrom('self', 'self', 'self', 'other', 'none', 'refuse', 'invalid'),
  afterMs: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 2_500 })),
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('sidecar'), mood: moods }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 1, max: 12_000 }) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('stall'), ms: fc.integer({ min: 1, max: 9_000 }) }) },
    fc.record({ what: fc.constant('wall clock'), ms: fc.integer({ min: -20_000, max: 20_000 }) }),
    fc.record({ what: fc.constant('check'), maxAgeMs: fc.constantFrom(undefined, 0, 100) }),
    fc.record({ what: fc.constantFrom('run', 'wait') }),
  ),
  { minLength: 4, maxLength: 24 },
);

const timings = fc.record({
  leaseDurationMs: fc.constantFrom(10_000, 15_000, 2_000),
  settleMs: fc.constantFrom(undefined, 0),
});

test('the service leads as its answers warrant, tells it in order, and is silent once closed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), timings, steps, (seed, timing, story) =>
      inVirtualTime(seed, async (time) => {
        const sidecar = new ArbitrarySidecar();
        const service = new ClusterLeaderService(
          { ...timing, identity: 'self', mode: 'sidecar', eventsUrl: false, logger: {} },
          sidecar,
        );
        const maxAgeMs = Math.min(4_000, 0.4 * timing.leaseDurationMs);
        const witness = new Witness(service, sidecar, {
          maxAgeMs,
          settleMs: timing.settleMs ?? timing.leaseDurationMs,
        });
        for (const step of story) await take(step, service, sidecar, witness, time);
        await witness.seesClosing(time);
      }),
    ),
    { numRuns: 1_000 },
  );
}, 120_000);

async function take(
  step: Step,
  service: ClusterLeaderService,
  sidecar: ArbitrarySidecar,
  witness: Witness,
  time: VirtualTime,
): Promise<void> {
  const look = (): void => witness.look();
  switch (step.what) {
    case 'sidecar':
      sidecar.mood = step.mood;
      break;
    case 'time':
      await time.runUntil(performance.now() + step.ms, () => witness.lookOnTime());
      break;
    case 'stall':
      await time.stall(step.ms, look);
      break;
    case 'wall clock':
      time.stepWallClock(step.ms);
      break;
    case 'check':
      witness.expects(service.isLeader({ maxAgeMs: step.maxAgeMs }));
      break;
    case 'run':
      witness.expects(service.runIfLeader((term) => witness.runs(term)));
      break;
    case 'wait':
      witness.expects(service.waitForLeadership().catch(codeOf));
      break;
  }
  await settled();
  witness.look();
}

/** Holds the service to its promises, by what it says, what it emits and what it was answered. */
class Witness {
  readonly #service: ClusterLeaderService;
  readonly #sidecar: ArbitrarySidecar;
  readonly #rules: BeliefRules;
  readonly #terms: Term[] = [];
  readonly #pending: Promise<unknown>[] = [];
  #told: Standing = 'unknown';
  #led: Term | undefined;
  #events = 0;
  #runs = 0;

  constructor(service: ClusterLeaderService, sidecar: ArbitrarySidecar, rules: BeliefRules) {
    this.#service = service;
    this.#sidecar = sidecar;
    this.#rules = rules;
    service.on('elected', ({ term }) => this.#elected(term));
    service.on('demoted', ({ term }) => this.#demoted(term));
    service.on('standing', ({ standing, previous }) => {
      expect(previous).toBe(this.#told);
      this.#told = standing;
      this.#events += 1;
      void service.standing; // Whoever looks may cause the next change.
    });
  }

  /** Nothing here may reject: trouble with the sidecar is no reason to. */
  expects(promise: Promise<unknown>): void {
    this.#pending.push(promise);
  }

  runs(term: Term): void {
    this.#runs += 1;
    expect(this.#service.standing).toBe('leader');
    expect(term.signal.aborted).toBe(false);
  }

  look(): void {
    const { standing } = this.#service;
    const leads = standing === 'leader';
    expect(leads).toBe(leadsByHistory(this.#sidecar.observations, readClock(), this.#rules));
    expect(this.#told).toBe(standing);
    expect(this.#service.isLeaderNow()).toBe(leads);
    expect(this.#service.status().standing).toBe(standing);
    expect(this.#service.status().term?.number).toBe(leads ? this.#terms.length : undefined);
    expect(this.#led === undefined).toBe(!leads);
    for (const term of this.#terms) {
      const isOver = term !== this.#led;
      expect(term.signal.aborted).toBe(isOver);
      expect(assertionOf(term)).toBe(isOver ? 'ERR_NOT_LEADER' : undefined);
    }
  }

  /** Where timers are on time, so is a demotion, though nobody reads the standing. */
  lookOnTime(): void {
    const { monotonicMs } = readClock();
    const claims = this.#sidecar.observations.filter(({ claim }) => claim === 'self');
    const youngest = Math.max(...claims.map(({ askedAt }) => askedAt.monotonicMs));
    if (this.#told === 'leader') expect(monotonicMs - youngest).toBeLessThanOrEqual(this.#rules.maxAgeMs);
    this.look();
  }

  async seesClosing(time: VirtualTime): Promise<void> {
    const closed = this.#service.close();
    expect(this.#service.status()).toMatchObject({ standing: 'unknown', reason: 'closed' });
    for (const term of this.#terms) expect(assertionOf(term)).toBe('ERR_NOT_LEADER');
    const [events, runs] = [this.#events, this.#runs];
    await closed;
    await settled();
    await Promise.all(this.#pending);
    expect(vi.getTimerCount()).toBe(0);

    const { questions } = this.#sidecar;
    expect(await this.#service.isLeader()).toBe(false);
    expect(await this.#service.runIfLeader((term) => this.runs(term))).toEqual({ ran: false, reason: 'closed' });
    expect(await this.#service.waitForLeadership().catch(codeOf)).toBe('ERR_CLOSED');
    await time.runUntil(performance.now() + 60_000);
    expect([this.#events, this.#runs, this.#sidecar.questions]).toEqual([events, runs, questions]);
    expect(this.#service.standing).toBe('unknown');
  }

  #elected(term: Term): void {
    expect(this.#led).toBeUndefined();
    this.#led = term;
    this.#terms.push(term);
    expect(term.number).toBe(this.#terms.length);
  }

  #demoted(term: Term): void {
    expect(this.#led).toBe(term);
    this.#led = undefined;
    expect(term.signal.aborted).toBe(true);
    expect(assertionOf(term)).toBe('ERR_NOT_LEADER');
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

function codeOf(error: unknown): unknown {
  return error instanceof ClusterLeaderError ? error.code : error;
}

function later({ monotonicMs, wallMs }: Instant, monotonic: number, wall: number): Instant {
  return { monotonicMs: monotonicMs + monotonic, wallMs: wallMs + wall };
}
