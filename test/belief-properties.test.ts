import { strict as assert } from 'node:assert';
import { ClusterLeaderService } from '@cluster-leader/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fail, judge, lapsesInMs, observe, type Belief, type BeliefRules } from '../packages/core/src/belief/belief.ts';
import type { Instant } from '../packages/core/src/belief/clock.ts';
import type { Observation } from '../packages/core/src/belief/observation.ts';
import { resolveTiming } from '../packages/core/src/settings/timing.ts';
import { ArbitrarySidecar, type Mood } from './properties/arbitrary-sidecar.ts';
import { leadsByHistory, type Failure } from './properties/belief-from-history.ts';
import { codeOf, Witness } from './properties/witness.ts';
import { inVirtualTime, SEEDS, settled, type VirtualTime } from './virtual-time.ts';

const claims = fc.constantFrom('self', 'self', 'self', 'other', 'none');

/** Small numbers, so that ages often equal a bound. */
const smallRules: fc.Arbitrary<BeliefRules> = fc.record({
  maxAgeMs: fc.integer({ min: 1, max: 6 }),
  settleMs: fc.integer({ min: 0, max: 12 }),
});

type Happening =
  | ({ readonly what: 'answer'; readonly tookMs: number; readonly overtakenBy: number } & Pick<
      Observation,
      'claim' | 'wasSilent'
    >)
  | ({ readonly what: 'failure' } & Failure)
  | { readonly what: 'time' | 'wall clock' | 'both clocks back'; readonly ms: number };

const silences = fc.constantFrom(undefined, undefined, true, false);

const single: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('answer'),
      claim: claims,
      tookMs: fc.integer({ min: 0, max: 3 }),
      overtakenBy: fc.constantFrom(0, 0, 0, 1, 2),
      wasSilent: silences,
    }),
  },
  fc.record({
    what: fc.constant('failure'),
    reason: fc.constantFrom('unreachable', 'invalid-answer'),
    wasSilent: silences,
  }),
  { weight: 4, arbitrary: fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 0, max: 7 }) }) },
  fc.record({ what: fc.constant('wall clock'), ms: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ what: fc.constant('both clocks back'), ms: fc.integer({ min: 1, max: 9 }) }),
);

const poll: readonly Happening[] = [
  { what: 'time', ms: 1 },
  { what: 'answer', claim: 'self', tookMs: 0, overtakenBy: 0 },
];

/** Rows of claims, so that suspicions end, between all that can happen. */
const happenings: fc.Arbitrary<readonly Happening[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(single) },
      fc.integer({ min: 1, max: 9 }).map((count) => Array.from({ length: count }, () => poll).flat()),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.flat());

test('the rules believe what the whole history warrants, and neither failures nor time make a leader', () => {
  const property = fc.property(smallRules, happenings, (rules, story) => {
    const history: (Observation | Failure)[] = [];
    let questions = 0;
    let isSetBack = false;
    let belief: Belief = {};
    let now: Instant = { monotonicMs: 100, wallMs: 1_000 };
    for (const happening of story) {
      const before = judge(belief, now, rules).standing;
      switch (happening.what) {
        case 'time':
          now = later(now, happening.ms, happening.ms);
          assert.ok(isSetBack || before === 'leader' || judge(belief, now, rules).standing !== 'leader');
          break;
        case 'both clocks back': // as when a virtual machine returns to a snapshot
          isSetBack = true;
          now = later(now, -happening.ms, -happening.ms);
          break;
        case 'wall clock':
          now = later(now, 0, happening.ms);
          break;
        case 'failure':
          history.push(happening);
          belief = fail(belief, happening.reason, happening.wasSilent);
          assert.equal(judge(belief, now, rules).standing, before);
          break;
        case 'answer': {
          const { claim, tookMs, overtakenBy, wasSilent } = happening;
          questions += 1;
          const question = questions - overtakenBy;
          const askedAt = later(now, -tookMs, -tookMs);
          const observation = { question, askedAt, answeredAt: now, claim, leader: undefined, wasSilent };
          history.push(observation);
          belief = observe(belief, observation, rules);
          break;
        }
      }
      assert.equal(judge(belief, now, rules).standing === 'leader', leadsByHistory(history, now, rules));
      if (!isSetBack) assertLapse(belief, now, rules);
    }
  });
  const result = fc.check(property, { numRuns: 10_000, includeErrorInReport: true });
  expect(fc.defaultReportMessage(result)).toBeUndefined();
});

/** Time changes a standing no sooner than `lapsesInMs` says, and leaves nothing of it in the end. */
function assertLapse(belief: Belief, now: Instant, rules: BeliefRules): void {
  const ms = lapsesInMs(belief, now, rules);
  const { standing } = judge(belief, now, rules);
  const soon = Number.isFinite(ms) ? ms - 1 : 0;
  assert.equal(judge(belief, later(now, soon, soon), rules).standing, standing);
  const end = later(now, rules.maxAgeMs, rules.maxAgeMs);
  assert.equal(judge(belief, end, rules).standing, 'unknown');
  assert.equal(lapsesInMs(belief, end, rules), Infinity);
}

type Step =
  | { readonly what: 'sidecar'; readonly mood: Mood }
  | { readonly what: 'time' | 'stall' | 'unseen stall' | 'wall clock'; readonly ms: number }
  | { readonly what: 'check'; readonly maxAgeMs: number | undefined }
  | { readonly what: 'run' | 'wait' };

const moods: fc.Arbitrary<Mood> = fc.record({
  does: fc.constantFrom('self', 'self', 'self', 'other', 'none', 'refuse', 'invalid'),
  isBroken: fc.constantFrom(false, false, true),
  afterMs: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 2_500 })),
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('sidecar'), mood: moods }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 1, max: 12_000 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ what: fc.constantFrom('stall', 'unseen stall'), ms: fc.integer({ min: 1, max: 9_000 }) }),
    },
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

test('the service leads as its answers warrant, emits events in order, and none once closed', async () => {
  const property = fc.asyncProperty(fc.integer(), timings, steps, (seed, timing, story) =>
    inVirtualTime(seed, async (time) => {
      const sidecar = new ArbitrarySidecar();
      const options = { ...timing, identity: 'self', mode: 'sidecar', eventsUrl: false, logger: {} } as const;
      const service = new ClusterLeaderService(options, sidecar);
      const { maxAgeMs, settleMs, leaseDurationMs } = resolveTiming(timing);
      const witness = new Witness(service, sidecar, { maxAgeMs, settleMs, asksAgainMs: 0.025 * leaseDurationMs });
      for (const step of story) await take(step, service, sidecar, witness, time);
      await witness.seesClosing(time);
    }),
  );
  const result = await fc.check(property, { numRuns: 300 * SEEDS, includeErrorInReport: true });
  expect(fc.defaultReportMessage(result)).toBeUndefined();
}, 120_000);

async function take(
  step: Step,
  service: ClusterLeaderService,
  sidecar: ArbitrarySidecar,
  witness: Witness,
  time: VirtualTime,
): Promise<void> {
  switch (step.what) {
    case 'sidecar':
      sidecar.mood = step.mood;
      break;
    case 'time':
      await time.runUntil(performance.now() + step.ms, () => witness.lookOnTime());
      break;
    case 'stall':
      await time.stall(step.ms, () => witness.look());
      break;
    case 'unseen stall':
      await time.stall(step.ms);
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

function later({ monotonicMs, wallMs }: Instant, monotonic: number, wall: number): Instant {
  return { monotonicMs: monotonicMs + monotonic, wallMs: wallMs + wall };
}
