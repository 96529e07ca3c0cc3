import { describe, expect, it } from 'vitest';
import { believed, fail, judge, lapsesInMs, observe, type Belief } from './belief.ts';
import type { Instant } from './clock.ts';
import type { Observation } from './observation.ts';
import type { Verdict } from './verdict.ts';

const RULES = { maxAgeMs: 4_000, settleMs: 10_000 };
const WALL_MS = 1_767_225_600_000;
const LATENCY_MS = 10;

type Claim = Observation['claim'];
/** An answer by what it claims and when it was asked for, or a failed attempt. */
type Step =
  | readonly [claim: Claim, askedAtMs: number, answeredAtMs?: number]
  | 'unreachable'
  | 'invalid-answer'
  | 'silent'
  | 'refused';

const at = (ms: number, wallOffsetMs = 0): Instant => ({ monotonicMs: ms, wallMs: WALL_MS + ms + wallOffsetMs });

/** Questions are numbered in the order in which they were asked. */
function observation(claim: Claim, askedAt: Instant, answeredAt: Instant): Observation {
  return {
    question: askedAt.monotonicMs,
    claim,
    askedAt,
    answeredAt,
    leader: { self: 'pod-a', other: 'pod-b', none: '' }[claim],
  };
}

function after(steps: readonly Step[], rules = RULES): Belief {
  return steps.reduce<Belief>((belief, step) => {
    if (step === 'silent' || step === 'refused') return fail(belief, 'unreachable', step === 'silent');
    if (typeof step === 'string') return fail(belief, step);
    const [claim, askedAtMs, answeredAtMs = askedAtMs + LATENCY_MS] = step;
    return observe(belief, observation(claim, at(askedAtMs), at(answeredAtMs)), rules);
  }, {});
}

/** Self-claims every second, asked from `fromMs` to `toMs`. */
function claims(fromMs: number, toMs: number): Step[] {
  const count = Math.floor((toMs - fromMs) / 1_000) + 1;
  return Array.from({ length: count }, (_, index) => ['self', fromMs + index * 1_000] as const);
}

const LEADER: Verdict = { standing: 'leader' };
const FOLLOWER: Verdict = { standing: 'follower' };
const unknown = (reason: (Verdict & { standing: 'unknown' })['reason']): Verdict => ({ standing: 'unknown', reason });

type Case = [what: string, steps: readonly Step[], nowMs: number, verdict: Verdict];
function judges(cases: readonly Case[], rules = RULES): void {
  it.each(cases)('%s', (_what, steps, nowMs, verdict) => {
    expect(judge(after(steps, rules), at(nowMs), rules)).toEqual(verdict);
  });
}

describe('rule 1: an observation is believed while it is younger than maxAgeMs, counted from when it was asked for', () => {
  judges([
    ['nobody has been asked', [], 0, unknown('not-asked')],
    ['a first self-claim is believed as it is', [['self', 0]], 10, LEADER],
    ['a claim one ms below the bound', [['self', 0]], 3_999, LEADER],
    ['a claim at the bound is too old', [['self', 0]], 4_000, unknown('stale')],
    ['a claim above the bound', [['self', 0]], 4_001, unknown('stale')],
    ['a late answer is as old as its question', [['self', 0, 3_900]], 4_000, unknown('stale')],
    ['an answer that came after its bound elects nobody', [['self', 0, 4_500]], 4_500, unknown('stale')],
    ['another leader, one ms below the bound', [['other', 0]], 3_999, FOLLOWER],
    ['another leader at the bound is no longer known', [['other', 0]], 4_000, unknown('stale')],
    ['no leader, one ms below the bound', [['none', 0]], 3_999, unknown('no-leader')],
    ['no leader at the bound', [['none', 0]], 4_000, unknown('stale')],
    [
      'the newest counts: another, then self',
      [
        ['other', 0],
        ['self', 1_000],
      ],
      4_500,
      LEADER,
    ],
    [
      'the newest counts: self, then another',
      [
        ['self', 0],
        ['other', 1_000],
      ],
      1_010,
      FOLLOWER,
    ],
    [
      'an answer to an older question is dropped',
      [
        ['other', 1_000, 1_010],
        ['self', 500, 1_500],
      ],
      1_500,
      FOLLOWER,
    ],
    [
      'an answer to an older question does not refresh',
      [
        ['self', 0],
        ['other', 1_000],
        ['self', 999],
      ],
      1_020,
      FOLLOWER,
    ],
  ]);

  it.each([
    ['one ms below the bound', 3_999, LEADER],
    ['at the bound', 4_000, unknown('stale')],
    ['an hour ahead', 3_600_000, unknown('stale')],
    ['an hour back, where the other clock decides', -3_600_000, LEADER],
  ])('counts the wall clock too, %s', (_what, wallMs, verdict) => {
    const now = { monotonicMs: 10, wallMs: WALL_MS + wallMs };
    expect(judge(after([['self', 0]]), now, RULES)).toEqual(verdict);
  });

  it('never believes an observation whose time is not a number', () => {
    const belief = after([['self', Number.NaN, 0]]);
    expect(judge(belief, at(10), RULES)).toEqual(unknown('stale'));
    expect(lapsesInMs(belief, at(10), RULES)).toBe(Infinity);
  });

  it('is not made young by a wall clock that was set back', () => {
    expect(judge(after([['self', 0]]), at(4_000, -3_600_000), RULES)).toEqual(unknown('stale'));
  });
});

describe('rule 2: a failed attempt is not an observation', () => {
  judges([
    ['the first attempt found nobody', ['unreachable'], 0, unknown('unreachable')],
    ['the first answer was unusable', ['invalid-answer'], 0, unknown('invalid-answer')],
    ['the last failure is the reason', ['unreachable', 'invalid-answer'], 0, unknown('invalid-answer')],
    ['a leader stays through failures', [['self', 0], 'unreachable', 'invalid-answer'], 3_999, LEADER],
    ['a leader ages through failures', [['self', 0], 'unreachable'], 4_000, unknown('unreachable')],
    ['a leader ages through unusable answers', [['self', 0], 'invalid-answer'], 4_000, unknown('invalid-answer')],
    ['a follower stays through failures', [['other', 0], 'unreachable'], 3_999, FOLLOWER],
    ['a follower ages through failures', [['other', 0], 'unreachable'], 4_000, unknown('unreachable')],
    ['an answer ends the failure', ['unreachable', ['other', 0]], 4_000, unknown('stale')],
    ['no leader stays so through failures', [['none', 0], 'unreachable'], 3_999, unknown('no-leader')],
  ]);
});

describe('rule 3: an answer without a name demotes a leader the second time, and makes any other pod unknown at once', () => {
  judges([
    [
      'first none',
      [
        ['self', 0],
        ['none', 1_000],
      ],
      1_010,
      LEADER,
    ],
    [
      'second none',
      [
        ['self', 0],
        ['none', 1_000],
        ['none', 1_250],
      ],
      1_260,
      unknown('no-leader'),
    ],
    [
      'a third none',
      [
        ['self', 0],
        ['none', 1_000],
        ['none', 1_250],
        ['none', 2_000],
      ],
      2_010,
      unknown('no-leader'),
    ],
    [
      'none, then self',
      [
        ['self', 0],
        ['none', 1_000],
        ['self', 1_250],
      ],
      5_249,
      LEADER,
    ],
    [
      'none, then self: the doubt is over and may come again',
      [
        ['self', 0],
        ['none', 1_000],
        ['self', 1_250],
        ['none', 2_000],
      ],
      2_010,
      LEADER,
    ],
    [
      'none, then another',
      [
        ['self', 0],
        ['none', 1_000],
        ['other', 1_250],
      ],
      1_260,
      FOLLOWER,
    ],
    ['none, then failures, while the claim is young', [['self', 0], ['none', 1_000], 'unreachable'], 3_999, LEADER],
    [
      'none, then failures, at the bound of the claim',
      [['self', 0], ['none', 1_000], 'unreachable'],
      4_000,
      unknown('no-leader'),
    ],
    [
      'none, then failures, at the bound of the none',
      [['self', 0], ['none', 1_000], 'unreachable'],
      5_000,
      unknown('unreachable'),
    ],
    [
      'none, a failure, none',
      [['self', 0], ['none', 1_000], 'unreachable', ['none', 1_500]],
      1_510,
      unknown('no-leader'),
    ],
    [
      'none to a follower',
      [
        ['other', 0],
        ['none', 1_000],
      ],
      1_010,
      unknown('no-leader'),
    ],
    ['none to one who knew of nobody', [['none', 0]], 10, unknown('no-leader')],
    [
      'none, self: who had no leader is elected',
      [
        ['none', 0],
        ['self', 1_000],
      ],
      1_010,
      LEADER,
    ],
    [
      'none while settling',
      [
        ['other', 0],
        ['self', 5_000],
        ['none', 6_000],
      ],
      6_010,
      unknown('no-leader'),
    ],
    [
      'none after a gap',
      [
        ['self', 0],
        ['none', 4_000],
      ],
      4_010,
      unknown('no-leader'),
    ],
    [
      'none asked before, answered after the claim was too old',
      [
        ['self', 0],
        ['none', 3_900, 4_000],
      ],
      4_000,
      unknown('no-leader'),
    ],
    [
      'none answered while the claim was young',
      [
        ['self', 0],
        ['none', 3_900, 3_999],
      ],
      3_999,
      LEADER,
    ],
  ]);

  it('rests on the claim, not on the doubt, until the doubt is confirmed', () => {
    const doubting = after([
      ['self', 0],
      ['none', 1_000],
    ]);
    expect(believed(doubting)?.claim).toBe('self');
    expect(
      believed(
        after([
          ['self', 0],
          ['none', 1_000],
          ['none', 1_250],
        ]),
      )?.claim,
    ).toBe('none');
    expect(lapsesInMs(doubting, at(1_010), RULES)).toBe(2_990);
  });
});

describe('rule 4: after a gap a self-claim is believed once it has held for settleMs', () => {
  const gapAt4000: Step[] = [
    ['self', 0],
    ['self', 4_000],
  ];

  judges([
    [
      'one ms below a gap',
      [
        ['self', 0],
        ['self', 3_999],
      ],
      4_010,
      LEADER,
    ],
    ['a gap of exactly maxAgeMs', gapAt4000, 4_010, unknown('settling')],
    [
      'a gap after a follower',
      [
        ['other', 0],
        ['self', 4_000],
      ],
      4_010,
      unknown('settling'),
    ],
    [
      'a gap after no leader',
      [
        ['none', 0],
        ['self', 4_000],
      ],
      4_010,
      unknown('settling'),
    ],
    [
      'a gap after a doubt',
      [
        ['self', 0],
        ['none', 1_000],
        ['self', 5_000],
      ],
      5_010,
      unknown('settling'),
    ],
    [
      'failures do not shorten a gap',
      [['self', 0], 'unreachable', 'invalid-answer', ['self', 4_000]],
      4_010,
      unknown('settling'),
    ],
    [
      'another leader after a gap',
      [
        ['self', 0],
        ['other', 60_000],
      ],
      60_010,
      FOLLOWER,
    ],
    ['the first claim of a process is not a gap', ['unreachable', ['self', 60_000]], 60_010, LEADER],
    // The first was answered at 4 010, so a claim that was asked for at 14 010 has held for 10 000.
    ['settled but for one ms', [['self', 0], ...claims(4_000, 13_000), ['self', 14_009]], 14_019, unknown('settling')],
    ['settled exactly', [['self', 0], ...claims(4_000, 13_000), ['self', 14_010]], 14_020, LEADER],
    ['time alone settles nothing', [['self', 0], ...claims(4_000, 12_000)], 15_999, unknown('settling')],
    ['settling becomes stale', [['self', 0], ...claims(4_000, 12_000)], 16_000, unknown('stale')],
    [
      'a second gap begins again',
      [['self', 0], ...claims(4_000, 13_000), ...claims(17_000, 26_000)],
      26_010,
      unknown('settling'),
    ],
    [
      'and settles from there',
      [['self', 0], ...claims(4_000, 13_000), ...claims(17_000, 26_000), ['self', 27_010]],
      27_020,
      LEADER,
    ],
    [
      'failures between claims end nothing',
      [['self', 0], ...claims(4_000, 13_000), 'unreachable', ['self', 15_000]],
      15_010,
      LEADER,
    ],
    ['settled stays settled', [['self', 0], ...claims(4_000, 20_000)], 20_010, LEADER],
    [
      'another leader ends the suspicion',
      [
        ['self', 0],
        ['self', 4_000],
        ['other', 5_000],
        ['self', 6_000],
      ],
      6_010,
      LEADER,
    ],
    [
      'an answer without a name is no evidence: the claim must hold anew after it',
      [['self', 0], ...claims(4_000, 13_000), ['none', 13_500], ...claims(13_600, 22_600)],
      22_610,
      unknown('settling'),
    ],
    [
      'and is believed once it has',
      [['self', 0], ...claims(4_000, 13_000), ['none', 13_500], ...claims(13_600, 22_600), ['self', 23_610]],
      23_620,
      LEADER,
    ],
    [
      'answers without a name do not fill a gap: a restarted sidecar repeats the old record',
      [['self', 0], 'unreachable', ['none', 10_000], ['none', 12_000], ['none', 14_000], ['self', 15_000]],
      15_010,
      unknown('settling'),
    ],
    [
      'a moment without a name is not a gap',
      [
        ['self', 0],
        ['none', 1_000],
        ['none', 1_250],
        ['self', 2_000],
      ],
      2_010,
      LEADER,
    ],
    [
      'a process that has met no name for a moment leads at the first claim',
      [
        ['none', 0],
        ['none', 2_000],
        ['self', 3_999],
      ],
      4_009,
      LEADER,
    ],
    [
      'one that has met no name for longer does not: its sidecar may repeat an old record',
      [
        ['none', 0],
        ['none', 2_000],
        ['self', 4_000],
      ],
      4_010,
      unknown('settling'),
    ],
    [
      'a restart of a sidecar after a claim has settled is not a gap',
      [['self', 0], ...claims(4_000, 15_000), ['none', 15_500], ['self', 15_750]],
      15_760,
      LEADER,
    ],
    [
      'unless a gap lies behind the other leader',
      [
        ['self', 0],
        ['other', 4_000],
        ['self', 8_000],
      ],
      8_010,
      unknown('settling'),
    ],
  ]);

  describe('with settleMs 0', () => {
    judges([['a claim after a gap is believed at once', gapAt4000, 4_010, LEADER]], { ...RULES, settleMs: 0 });
  });

  it('sees a gap that only the wall clock shows', () => {
    const before = after([['self', 0]]);
    const suspended = observation('self', at(1_000, 3_000), at(1_010, 3_000));
    expect(judge(observe(before, suspended, RULES), at(1_010, 3_000), RULES)).toEqual(unknown('settling'));
  });

  it('sees none if only the wall clock was set back', () => {
    const before = after([['self', 0]]);
    const stepped = observation('self', at(1_000, -3_600_000), at(1_010, -3_600_000));
    expect(judge(observe(before, stepped, RULES), at(1_010, -3_600_000), RULES)).toEqual(LEADER);
  });

  it('sees one if both clocks were set back', () => {
    const back = observe(
      after([['self', 5_000]]),
      { ...observation('self', at(1_000), at(1_010)), question: 6_000 },
      RULES,
    );
    expect(judge(back, at(1_010), RULES)).toEqual(unknown('settling'));
    expect(judge(after([['self', 5_000]]), at(4_999), RULES)).toEqual(unknown('stale'));
  });

  it('does not settle because the wall clock steps ahead', () => {
    const settling = after([
      ['self', 0],
      ['self', 4_000],
    ]);
    const stepped = observe(settling, observation('self', at(5_000, 3_500_000), at(5_010, 3_500_000)), RULES);
    expect(judge(stepped, at(5_010, 3_500_000), RULES)).toEqual(unknown('settling'));
  });
});

describe('rule 5: silence before the first answer is a gap', () => {
  judges([
    ['silence, then a claim', ['silent', ['self', 5_000]], 5_010, unknown('settling')],
    ['silence, then a claim that has held', ['silent', ...claims(5_000, 15_000), ['self', 15_010]], 15_020, LEADER],
    ['silence, then another leader, then a claim', ['silent', ['other', 5_000], ['self', 6_000]], 6_010, LEADER],
    ['silence, then no leader, then a claim', ['silent', ['none', 5_000], ['self', 6_000]], 6_010, unknown('settling')],
    ['a refusal, then a claim', ['refused', ['self', 5_000]], 5_010, LEADER],
    ['silence, a refusal, then a claim', ['silent', 'refused', ['self', 5_000]], 5_010, LEADER],
    ['a refusal, silence, then a claim', ['refused', 'silent', ['self', 5_000]], 5_010, unknown('settling')],
    ['silence, another failure, then a claim', ['silent', 'unreachable', ['self', 5_000]], 5_010, unknown('settling')],
    ['silence after the first answer', [['self', 0], 'silent', ['self', 3_000]], 3_010, LEADER],
  ]);

  it('counts the silence within the question that was answered in the end', () => {
    const answer = { ...observation('self', at(500), at(510)), wasSilent: true };
    expect(judge(observe({}, answer, RULES), at(510), RULES)).toEqual(unknown('settling'));
    const begunAnew = { ...answer, wasSilent: false };
    expect(judge(observe(after(['silent']), begunAnew, RULES), at(510), RULES)).toEqual(LEADER);
  });
});

describe('rule 7: the time of a lapse is known in advance', () => {
  it.each<[what: string, steps: readonly Step[], nowMs: number, expected: number]>([
    ['nothing is known', [], 0, Infinity],
    ['a young claim', [['self', 0]], 1_000, 3_000],
    ['a claim at its bound', [['self', 0]], 4_000, Infinity],
    ['another leader', [['other', 500]], 1_000, 3_500],
    [
      'a doubt, whose claim lapses first',
      [
        ['self', 0],
        ['none', 1_000],
      ],
      1_500,
      2_500,
    ],
    [
      'a doubt whose claim has lapsed',
      [
        ['self', 0],
        ['none', 1_000],
      ],
      4_500,
      500,
    ],
  ])('%s', (_what, steps, nowMs, expected) => {
    expect(lapsesInMs(after(steps), at(nowMs), RULES)).toBe(expected);
  });

  it('changes no verdict before it is due', () => {
    for (const belief of randomBeliefs(500)) {
      const now = at(30_000);
      const verdict = judge(belief, now, RULES);
      const due = lapsesInMs(belief, now, RULES);
      const before = Number.isFinite(due) ? 30_000 + due - 1 : 1e9;
      expect(judge(belief, at(before), RULES)).toEqual(verdict);
    }
  });
});

describe('whatever the answers and their order', () => {
  it('leads only by a young claim, followed by at most one later answer, without a name', () => {
    let leaders = 0;
    const random = seeded(7);
    for (let run = 0; run < 3_000; run += 1) {
      const steps = randomSteps(random);
      const now = at(30_000);
      if (judge(after(steps), now, RULES).standing !== 'leader') continue;
      leaders += 1;
      const answers = steps.filter((step) => typeof step !== 'string');
      const last = answers.findLastIndex(([claim]) => claim === 'self');
      expect(30_000 - (answers[last]?.[1] ?? -Infinity)).toBeLessThan(4_000);
      const later = answers.slice(last + 1).map(([claim]) => claim);
      expect([[], ['none']]).toContainEqual(later);
    }
    expect(leaders).toBeGreaterThan(100);
  });

  it('never changes a belief that it was given', () => {
    const belief = Object.freeze(
      after([
        ['self', 0],
        ['none', 1_000],
      ]),
    );
    observe(belief, observation('other', at(1_250), at(1_260)), RULES);
    fail(belief, 'unreachable');
    expect(judge(belief, at(1_260), RULES)).toEqual(LEADER);
  });
});

function randomBeliefs(count: number): Belief[] {
  const random = seeded(3);
  return Array.from({ length: count }, () => after(randomSteps(random)));
}

/** Up to twenty steps that end within the 30 s before the moment of judgement. */
function randomSteps(random: () => number): Step[] {
  const steps: Step[] = [];
  let askedAtMs = 30_000 - Math.floor(random() * 25_000);
  while (askedAtMs < 30_000 - LATENCY_MS) {
    const draw = random();
    if (draw < 0.15) steps.push('unreachable');
    else steps.push([draw < 0.6 ? 'self' : draw < 0.8 ? 'none' : 'other', askedAtMs]);
    askedAtMs += Math.floor(random() * (random() < 0.1 ? 8_000 : 2_000));
  }
  return steps;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
