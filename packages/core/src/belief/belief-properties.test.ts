import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { leadsByHistory, type Failure } from '../fixtures/belief-from-history.ts';
import { fail, judge, lapsesInMs, observe, type Belief, type BeliefRules } from './belief.ts';
import type { Instant } from './clock.ts';
import type { Observation } from './observation.ts';

/** Small numbers, so that ages often equal a bound. */
const smallRules: fc.Arbitrary<BeliefRules> = fc.record({
  maxAgeMs: fc.integer({ min: 1, max: 6 }),
  settleMs: fc.integer({ min: 0, max: 12 }),
});

type Incident =
  | ({ readonly what: 'answer'; readonly tookMs: number; readonly overtakenBy: number } & Pick<
      Observation,
      'claim' | 'wasSilent'
    >)
  | ({ readonly what: 'failure' } & Failure)
  | { readonly what: 'time' | 'wall clock' | 'both clocks back'; readonly ms: number };

const silences = fc.constantFrom(undefined, undefined, true, false);

const incident: fc.Arbitrary<Incident> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('answer'),
      claim: fc.constantFrom('self', 'self', 'self', 'other', 'none'),
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

const poll: readonly Incident[] = [
  { what: 'time', ms: 1 },
  { what: 'answer', claim: 'self', tookMs: 0, overtakenBy: 0 },
];

/** Incidents, with runs of claims between them that let suspicions end. */
const stories: fc.Arbitrary<readonly Incident[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(incident) },
      fc.integer({ min: 1, max: 9 }).map((count) => Array.from({ length: count }, () => poll).flat()),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.flat());

test('the rules believe what the whole history justifies, and neither a failure nor time alone elects', () => {
  const property = fc.property(smallRules, stories, (rules, story) => {
    const history: (Observation | Failure)[] = [];
    let questions = 0;
    let isSetBack = false;
    let belief: Belief = {};
    let now: Instant = { monotonicMs: 100, wallMs: 1_000 };
    for (const next of story) {
      const before = judge(belief, now, rules).standing;
      switch (next.what) {
        case 'time':
          now = later(now, next.ms, next.ms);
          assert.ok(isSetBack || before === 'leader' || judge(belief, now, rules).standing !== 'leader');
          break;
        case 'both clocks back': // as when a virtual machine returns to a snapshot
          isSetBack = true;
          now = later(now, -next.ms, -next.ms);
          break;
        case 'wall clock':
          now = later(now, 0, next.ms);
          break;
        case 'failure':
          history.push(next);
          belief = fail(belief, next.reason, next.wasSilent);
          assert.equal(judge(belief, now, rules).standing, before);
          break;
        case 'answer': {
          const { claim, tookMs, overtakenBy, wasSilent } = next;
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

/** Time alone changes a standing no sooner than `lapsesInMs` returns, and makes it unknown in the end. */
function assertLapse(belief: Belief, now: Instant, rules: BeliefRules): void {
  const ms = lapsesInMs(belief, now, rules);
  const { standing } = judge(belief, now, rules);
  const soon = Number.isFinite(ms) ? ms - 1 : 0;
  assert.equal(judge(belief, later(now, soon, soon), rules).standing, standing);
  const end = later(now, rules.maxAgeMs, rules.maxAgeMs);
  assert.equal(judge(belief, end, rules).standing, 'unknown');
  assert.equal(lapsesInMs(belief, end, rules), Infinity);
}

function later({ monotonicMs, wallMs }: Instant, monotonic: number, wall: number): Instant {
  return { monotonicMs: monotonicMs + monotonic, wallMs: wallMs + wall };
}
