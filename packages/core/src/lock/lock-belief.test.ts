import { describe, expect, it } from 'vitest';
import type { Instant } from '../belief/clock.ts';
import { FOLLOWER, LEADER, unknown, type Verdict } from '../belief/verdict.ts';
import {
  beginClaim,
  confirmsForMs,
  failRecord,
  judgeClaim,
  observeRecord,
  recordAgeMs,
  type LockBelief,
  type LockRules,
} from './lock-belief.ts';
import type { LockRecord } from './lock-record.ts';

const WALL_MS = 1_767_225_600_000;
const LATENCY_MS = 10;
const SETTLING = unknown('settling');
const RULES: LockRules = {
  identity: ['pod-a', 'pod-a.jobs'],
  podUid: 'uid-of-pod-a',
  leaseDurationMs: 10_000,
  sharesClock: true,
  whenUnreachable: undefined,
};

const at = (ms: number, wallOffsetMs = 0): Instant => ({ monotonicMs: ms, wallMs: WALL_MS + ms + wallOffsetMs });

/** A record that its holder renewed at `renewedAtMs`. Its version grows with that time. */
function lease(renewedAtMs: number, changes: Partial<LockRecord> = {}): LockRecord {
  return {
    holder: 'pod-a',
    renewedAt: new Date(WALL_MS + renewedAtMs),
    leaseDurationMs: 10_000,
    version: 1_000_000n + BigInt(renewedAtMs),
    uid: 'uid-1',
    ...changes,
  };
}

/** A record of nais: never renewed, and owned by the pod. */
function owned(changes: Partial<LockRecord> = {}): LockRecord {
  return { holder: 'pod-a', version: 100n, uid: 'uid-1', ownerUid: 'uid-of-pod-a', ...changes };
}

type Step =
  | {
      readonly asked: number;
      readonly answered?: number;
      readonly record: LockRecord | undefined;
      readonly question?: number;
    }
  | { readonly failed: number; readonly question?: number }
  | 'claim begins';

/** A question is numbered by when it was asked, unless a case says otherwise. */
function after(steps: readonly Step[]): LockBelief {
  return steps.reduce<LockBelief>((belief, step) => {
    if (step === 'claim begins') return beginClaim(belief, RULES);
    if ('failed' in step) return failRecord(belief, step.question ?? step.failed);
    const { asked, answered = asked + LATENCY_MS, record, question = asked } = step;
    return observeRecord(belief, { question, askedAt: at(asked), answeredAt: at(answered), record });
  }, {});
}

type Case = [
  what: string,
  steps: readonly Step[],
  nowMs: number,
  verdict: Verdict,
  more?: { readonly claim?: Verdict; readonly rules?: Partial<LockRules>; readonly wallOffsetMs?: number },
];

function judges(cases: readonly Case[]): void {
  it.each(cases)('%s', (_what, steps, nowMs, verdict, { claim = LEADER, rules, wallOffsetMs } = {}) => {
    expect(judgeClaim(claim, after(steps), at(nowMs, wallOffsetMs), { ...RULES, ...rules })).toEqual(verdict);
  });
}

describe('lock rule 1: only what was asked for since the claim began counts, in the order of the questions', () => {
  judges([
    ['nothing has been read', [], 0, unknown('unconfirmed')],
    [
      'a record that was read before the claim began',
      [{ asked: 0, record: lease(0) }, 'claim begins'],
      100,
      unknown('unconfirmed'),
    ],
    [
      'the same record, read again',
      [{ asked: 0, record: lease(0) }, 'claim begins', { asked: 100, record: lease(0) }],
      110,
      LEADER,
    ],
    [
      'an older question that is answered later is dropped',
      [
        { asked: 1_000, record: lease(900, { holder: 'pod-b' }) },
        { asked: 0, answered: 1_500, record: lease(0) },
      ],
      1_500,
      FOLLOWER,
    ],
    [
      'of two questions that were under way at once, the answer with the newer version counts, whichever was asked first',
      [
        { asked: 1_000, answered: 1_100, record: lease(500) },
        { asked: 900, answered: 1_200, record: lease(800, { holder: 'pod-b' }) },
      ],
      1_200,
      FOLLOWER,
    ],
    [
      'an older question that fails later is no failure',
      [{ asked: 1_000, record: lease(900) }, { failed: 0 }],
      9_900,
      unknown('lock-expired'),
    ],
    [
      'an older version of the same object is dropped if two questions were under way at once',
      [
        { asked: 1_000, answered: 1_100, record: lease(900, { holder: 'pod-b' }) },
        { asked: 1_050, answered: 1_150, record: lease(0) },
      ],
      1_150,
      FOLLOWER,
    ],
    [
      'an older version counts if it was asked for later: the data were restored',
      [
        { asked: 1_000, record: lease(900, { holder: 'pod-b' }) },
        { asked: 2_000, record: lease(0) },
      ],
      2_010,
      LEADER,
    ],
  ]);
});

describe('lock rule 2: a record of this pod confirms while it is younger than 0.9 of its lease', () => {
  judges([
    ['one ms below the bound', [{ asked: 8_000, record: lease(0) }], 8_999, LEADER],
    ['at the bound', [{ asked: 8_000, record: lease(0) }], 9_000, unknown('lock-expired')],
    ['by its own lease', [{ asked: 100, record: lease(0, { leaseDurationMs: 1_000 }) }], 900, unknown('lock-expired')],
    [
      'by the declared lease if it states none',
      [{ asked: 100, record: lease(0, { leaseDurationMs: undefined }) }],
      8_999,
      LEADER,
    ],
    ['any of the names of the pod', [{ asked: 0, record: lease(0, { holder: 'pod-a.jobs' }) }], 10, LEADER],
    ['a claim that is settling', [{ asked: 0, record: lease(0) }], 10, LEADER, { claim: SETTLING }],
    [
      'the wall clock counts while the machine sleeps',
      [{ asked: 0, record: lease(0) }],
      10,
      unknown('lock-expired'),
      { wallOffsetMs: 9_000 },
    ],
    [
      'the monotonic clock counts if the wall clock was set back by less than the age',
      [{ asked: 100, record: lease(0) }],
      9_100,
      unknown('lock-expired'),
      { wallOffsetMs: -5_000 },
    ],
    ['a time in the future says nothing of the age', [{ asked: 0, record: lease(60_000) }], 10, unknown('unconfirmed')],
    [
      'a time in the future that changed while it was watched',
      [
        { asked: 0, record: lease(60_000) },
        { asked: 1_000, record: lease(61_000) },
      ],
      8_999,
      LEADER,
    ],
  ]);
});

describe('lock rule 2, if a renewal reaches the API server late: it counts from when it cannot have been written yet', () => {
  const steps: readonly Step[] = [
    { asked: 3_000, answered: 6_000, record: lease(-2_000) },
    { asked: 4_000, answered: 7_000, record: lease(500) },
  ];
  judges([
    ['until 0.9 of a lease after the last question that showed the one before', steps, 11_999, LEADER],
    ['at that bound', steps, 12_000, unknown('lock-expired')],
    [
      'not if the time of the renewal is earlier than the one before: the data were restored',
      [
        { asked: 3_000, record: lease(2_500) },
        { asked: 4_000, record: lease(-4_000, { uid: 'uid-2' }) },
      ],
      5_000,
      unknown('lock-expired'),
    ],
  ]);
});

describe('lock rule 2, beside a sidecar with another clock: only a change that was seen says how old a record is', () => {
  const rules = { sharesClock: false };
  judges([
    ['the first record', [{ asked: 0, record: lease(0) }], 10, unknown('unconfirmed'), { rules }],
    [
      'the same record again',
      [
        { asked: 0, record: lease(0) },
        { asked: 1_000, record: lease(0) },
      ],
      1_010,
      unknown('unconfirmed'),
      { rules },
    ],
    [
      'a change, until 0.9 of a lease after the record before it was asked for',
      [
        { asked: 0, record: lease(-99_000) },
        { asked: 1_000, record: lease(-98_000) },
      ],
      8_999,
      LEADER,
      { rules },
    ],
    [
      'a change, at that bound',
      [
        { asked: 0, record: lease(-99_000) },
        { asked: 1_000, record: lease(-98_000) },
      ],
      9_000,
      unknown('lock-expired'),
      { rules },
    ],
    [
      'another version than before the claim: it may be old',
      [{ asked: 0, record: lease(0) }, 'claim begins', { asked: 60_000, record: lease(1_000) }],
      60_010,
      unknown('unconfirmed'),
      { rules },
    ],
    [
      'a write that is not a renewal makes the record no younger',
      [
        { asked: 0, record: lease(-99_000) },
        { asked: 1_000, record: lease(-98_000) },
        { asked: 8_000, record: lease(-98_000, { version: 2_000_000n }) },
      ],
      9_000,
      unknown('lock-expired'),
      { rules },
    ],
    [
      'an older version: it was not written since',
      [
        { asked: 0, record: lease(0) },
        { asked: 1_000, record: lease(-1_000) },
      ],
      1_010,
      unknown('unconfirmed'),
      { rules },
    ],
    [
      'a change of the object under the same version',
      [
        { asked: 0, record: lease(0) },
        { asked: 1_000, record: lease(500, { uid: 'uid-2', version: lease(0).version }) },
      ],
      1_010,
      LEADER,
      { rules },
    ],
  ]);
});

describe('lock rule 3: a record of another holder demotes at once, and so does one of none', () => {
  judges([
    ['another pod holds it', [{ asked: 0, record: lease(0, { holder: 'pod-b' }) }], 10, FOLLOWER],
    [
      'another pod holds it, and the claim is settling',
      [{ asked: 0, record: lease(0, { holder: 'pod-b' }) }],
      10,
      FOLLOWER,
      { claim: SETTLING },
    ],
    ['another pod held it, long ago', [{ asked: 0, record: lease(-60_000, { holder: 'pod-b' }) }], 10, FOLLOWER],
    ['nobody holds it', [{ asked: 0, record: lease(0, { holder: '' }) }], 10, unknown('no-leader')],
    [
      'it is gone',
      [
        { asked: 0, record: lease(0) },
        { asked: 1_000, record: undefined },
      ],
      1_010,
      unknown('no-leader'),
    ],
    [
      'it is gone since an earlier claim',
      [{ asked: 0, record: lease(0) }, 'claim begins', { asked: 9_000, record: undefined }],
      9_010,
      unknown('no-leader'),
    ],
    ['it was never there', [{ asked: 0, record: undefined }], 10, unknown('unconfirmed')],
  ]);
});

describe('lock rules 5 and 6: a failed question changes nothing until the last confirmation is too old; then whenUnreachable decides', () => {
  const confirmedThenFailed: readonly Step[] = [{ asked: 0, record: lease(0) }, { failed: 1_000 }];
  const trust = { rules: { whenUnreachable: 'trust-sidecar' } } as const;
  judges([
    ['while the last confirmation is young', confirmedThenFailed, 8_999, LEADER],
    ['after it, by default', confirmedThenFailed, 9_000, unknown('lock-unreachable')],
    [
      "after it, with 'demote'",
      confirmedThenFailed,
      9_000,
      unknown('lock-unreachable'),
      { rules: { whenUnreachable: 'demote' } },
    ],
    ["after it, with 'trust-sidecar'", confirmedThenFailed, 60_000, LEADER, trust],
    [
      "after it, with 'trust-sidecar', a claim that is settling",
      confirmedThenFailed,
      60_000,
      SETTLING,
      { ...trust, claim: SETTLING },
    ],
    ['before anything was read', [{ failed: 0 }], 10, unknown('lock-unreachable')],
    ["before anything was read, with 'trust-sidecar'", [{ failed: 0 }], 10, LEADER, trust],
    [
      "another pod held it when it was read last, with 'trust-sidecar'",
      [{ asked: 0, record: lease(0, { holder: 'pod-b' }) }, { failed: 1_000 }],
      60_000,
      FOLLOWER,
      trust,
    ],
    [
      "it was too old when it was read last, with 'trust-sidecar'",
      [{ asked: 9_500, record: lease(0) }, { failed: 10_000 }],
      60_000,
      unknown('lock-expired'),
      trust,
    ],
    [
      "it was gone when it was read last, with 'trust-sidecar'",
      [{ asked: 0, record: lease(0) }, { asked: 1_000, record: undefined }, { failed: 2_000 }],
      60_000,
      unknown('no-leader'),
      trust,
    ],
    [
      "another pod held it when an earlier claim read it last, with 'trust-sidecar'",
      [{ asked: 0, record: lease(0, { holder: 'pod-b' }) }, 'claim begins', { failed: 1_000 }],
      1_010,
      unknown('lock-unreachable'),
      trust,
    ],
    [
      'a record without a holder and a time does not make it one that is never renewed',
      [{ asked: 0, record: lease(0, { holder: '', renewedAt: undefined }) }, 'claim begins', { failed: 1_000 }],
      1_010,
      unknown('lock-unreachable'),
    ],
    ['a reading after the failure', [...confirmedThenFailed, { asked: 2_000, record: lease(1_900) }], 10_000, LEADER],
  ]);
});

describe('lock rule 7: a record that is never renewed confirms by its holder and its owner', () => {
  judges([
    ['this pod owns it', [{ asked: 0, record: owned() }], 10, LEADER],
    [
      'another pod of the same name owns it',
      [{ asked: 0, record: owned({ ownerUid: 'uid-of-its-successor' }) }],
      10,
      FOLLOWER,
    ],
    ['no pod owns it', [{ asked: 0, record: owned({ ownerUid: undefined }) }], 10, FOLLOWER],
    [
      "the pod's uid is not known",
      [{ asked: 0, record: owned({ ownerUid: 'uid-2' }) }],
      10,
      LEADER,
      { rules: { podUid: undefined } },
    ],
    ['another holder', [{ asked: 0, record: owned({ holder: 'pod-b' }) }], 10, FOLLOWER],
    [
      '0.9 of a lease after it was asked for, without a later answer',
      [{ asked: 0, record: owned() }],
      9_000,
      unknown('lock-expired'),
    ],
    [
      'the same, unreachable: the sidecar is trusted by default',
      [{ asked: 0, record: owned() }, { failed: 1_000 }],
      9_000,
      LEADER,
    ],
    [
      "the same with 'demote'",
      [{ asked: 0, record: owned() }, { failed: 1_000 }],
      9_000,
      unknown('lock-unreachable'),
      { rules: { whenUnreachable: 'demote' } },
    ],
    [
      'unreachable since the claim began, after an earlier claim showed that it is never renewed',
      [{ asked: 0, record: owned() }, 'claim begins', { failed: 60_000 }],
      60_010,
      LEADER,
    ],
    [
      'an owner does not matter if the record is renewed',
      [{ asked: 0, record: lease(0, { ownerUid: 'uid-2' }) }],
      10,
      LEADER,
    ],
  ]);
});

describe('the age and the remaining time of a confirmation', () => {
  const belief = after([{ asked: 1_000, record: lease(400) }]);

  it('count from when the holder renewed it', () => {
    expect(recordAgeMs(belief, at(2_000), RULES)).toBe(1_600);
    expect(confirmsForMs(belief, at(2_000), RULES)).toBe(7_400);
  });

  it('are unknown and none before anything was read', () => {
    expect(recordAgeMs({}, at(0), RULES)).toBe(Infinity);
    expect(confirmsForMs({}, at(0), RULES)).toBeLessThanOrEqual(0);
  });

  it('are unknown and none if both clocks were set back', () => {
    const never = { ...lease(400), renewedAt: undefined, ownerUid: 'uid-of-pod-a' };
    const read = after([{ asked: 1_000, record: never }]);
    expect(recordAgeMs(read, at(0), RULES)).toBe(Infinity);
    expect(confirmsForMs(read, at(0), RULES)).toBe(-Infinity);
  });
});
