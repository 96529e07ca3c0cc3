import { describe, expect, test, vi } from 'vitest';
import { onePollMs, violations, type Bounds } from './replay/admitted.ts';
import { replayJobs } from './replay/cron-jobs.ts';
import { handWritten } from './replay/hand-written-client.ts';
import { leaderLosesItsApiServer, leaderPauses, wrongPath } from './replay/lease-model.ts';
import { LONGEST_TRIP_MS } from './replay/recorded-sidecar.ts';
import { cut, markedAtMs, readRecording, type Recording } from './replay/recording.ts';
import { replay, type MakeCandidate } from './replay/replay.ts';
import {
  failuresRenew,
  invalidElects,
  namelessDemotes,
  namelessRenews,
  neverAges,
  ruledBy,
} from './replay/ruled-candidate.ts';
import { services } from './replay/service.ts';
import { demotions, leaderless, lengthMs, silenceBefore, type Timeline } from './replay/timeline.ts';
import { SEEDS } from './virtual-time.ts';

// Hours of virtual time, which take seconds of a processor that others use too.
vi.setConfig({ testTimeout: 60_000 });

const EIGHT_MINUTES = ['0.5', 'head', 'instana'];
const NAMES = [...EIGHT_MINUTES, 'head-pauses', 'nais', 'nais-handover'];
/** For controls: what alters a rule need not show at once. */
const CONTROL_SEEDS = 30;
/** The service's defaults for a lease of 10 s, and the longest way of a question and its answer. */
const BOUNDS: Bounds = { pollIntervalMs: 1_000, requestMs: LONGEST_TRIP_MS };
const MAX_AGE_MS = 4_000;
const SETTLE_MS = 10_000;
const LONGEST_BACKOFF_MS = 500;

type Judge = (timeline: Timeline, recording: Recording) => readonly unknown[];

/** Where two pods lead and the design does not admit it. */
function twoLead(name: string): Judge {
  return (timeline, recording) => violations(name, timeline, recording, BOUNDS);
}

/** Where a sidecar alone claims its pod and no pod leads, for longer than it takes to learn of it. */
const nobodyLeads: Judge = (timeline, recording) =>
  leaderless(timeline, recording).filter((span) => {
    const [pod = ''] = span.pods;
    const silence = silenceBefore(recording, pod, span.fromMs, onePollMs(BOUNDS));
    const isGap = silence !== undefined && !silence.isFirst && silence.forMs >= MAX_AGE_MS;
    // A check that ends in vain may have been in its longest pause between two attempts when the sidecar came back.
    const newsMs = onePollMs(BOUNDS) + (silence === undefined ? 0 : LONGEST_BACKOFF_MS);
    // After a gap the answer that settles a claim comes up to one poll after it could.
    return lengthMs(span) > newsMs + (isGap ? SETTLE_MS + onePollMs(BOUNDS) : 0);
  });

/** Where a term ends although the sidecar only restarts: refused for half a second, then without a name for 90 ms. */
const restartEndsTerm: Judge = (timeline, { endMs }) => Array.from({ length: demotions(timeline, 0, endMs) });

function restart(): Recording {
  const whole = readRecording('nais-handover');
  const atMs = markedAtMs(whole, 'its elector process is killed and restarted');
  return cut(whole, atMs - 10_000, atMs + 10_000);
}

function pause(name: string): Recording {
  const whole = readRecording(name);
  const atMs = markedAtMs(whole, 'D SIGSTOP');
  return cut(whole, atMs - 5_000, atMs + 35_000);
}

/** Replays with one seed after another, and returns the first with something that must not be; undefined if none has. */
async function firstGuilty(
  recordingOf: (seed: number) => Recording,
  make: MakeCandidate,
  judge: Judge,
  seeds: number,
): Promise<{ readonly seed: number; readonly found: readonly unknown[] } | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const recording = recordingOf(seed);
    const found = judge(await replay(recording, seed, make), recording);
    if (found.length > 0) return { seed, found };
  }
  return undefined;
}

describe.each(NAMES)('three services beside the sidecars of %s', (name) => {
  test('never lead two at once outside the admitted windows, and heed a sole claim within one poll', async () => {
    const recording = readRecording(name);
    const all: Judge = (timeline) => [...twoLead(name)(timeline, recording), ...nobodyLeads(timeline, recording)];
    expect(await firstGuilty(() => recording, services(), all, SEEDS)).toBeUndefined();
  });
});

describe('three services', () => {
  test('keep a term through the restart of its sidecar', async () => {
    expect(await firstGuilty(restart, services(), restartEndsTerm, 10 * SEEDS)).toBeUndefined();
  });

  test.each([
    ['the leader loses its API server', leaderLosesItsApiServer, services()],
    ['the same with half a lease as the age', leaderLosesItsApiServer, services({ maxAgeMs: 5_000 })],
    ['kkosmrli pauses', leaderPauses, services({ leaseDurationMs: 15_000 })],
    ['the sidecar is asked at the wrong path', wrongPath, services()],
  ])('never lead two at once where %s, in a model', async (_what, model, make) => {
    expect(await firstGuilty(model, make, twoLead('model'), 10 * SEEDS)).toBeUndefined();
  });

  test.each(NAMES)('run no slot of a cron job on two pods beside %s', async (name) => {
    const whole = readRecording(name);
    const isCut = EIGHT_MINUTES.includes(name); // What the black hole brings is admitted.
    const recording = isCut ? cut(whole, 0, markedAtMs(whole, 'black-hole')) : whole;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const twice = (await replayJobs(recording, seed)).filter(({ pods }) => pods.length > 1);
      expect({ seed, twice }).toEqual({ seed, twice: [] });
    }
  });
});

describe('control: the same assertions fail', () => {
  test.each<[what: string, make: MakeCandidate, shownBy: readonly string[]]>([
    ['without settling', services({ settleMs: 0 }), [...EIGHT_MINUTES, 'head-pauses']],
    ['with an age of 9.5 s', services(aged(9_500)), ['0.5']],
    ['with no age', ruledBy(neverAges), [...EIGHT_MINUTES, 'head-pauses']],
    ['where a failure renews the last answer', ruledBy(failuresRenew), [...EIGHT_MINUTES, 'head-pauses']],
    ['where an answer without a name renews the last', ruledBy(namelessRenews), ['0.5']],
    ['by hand, keeping the last value', handWritten({ onError: 'keep it' }), [...EIGHT_MINUTES, 'head-pauses']],
    [
      'by hand, keeping the last value after 500 ms',
      handWritten({ onError: 'keep it', timeoutMs: 500 }),
      [...EIGHT_MINUTES, 'head-pauses'],
    ],
    ['by hand, saying leader after 500 ms', handWritten({ onError: 'say leader', timeoutMs: 500 }), NAMES],
    [
      'by hand, saying follower after 500 ms',
      handWritten({ onError: 'say follower', timeoutMs: 500 }),
      [...EIGHT_MINUTES, 'head-pauses'],
    ],
  ])('%s', async (_what, make, shownBy) => {
    const shown = [];
    for (const name of shownBy) {
      if ((await firstGuilty(() => readRecording(name), make, twoLead(name), CONTROL_SEEDS)) !== undefined)
        shown.push(name);
    }
    expect(shown).toEqual(shownBy);
  });

  test.each<[what: string, recordingOf: (seed: number) => Recording, make: MakeCandidate, judge: Judge]>([
    ['with half a lease to settle, beside 0.5', () => pause('0.5'), services({ settleMs: 5_000 }), twoLead('pause')],
    [
      "with half a lease to settle, in the model of kkosmrli's pause",
      leaderPauses,
      services({ leaseDurationMs: 15_000, settleMs: 7_500 }),
      twoLead('model'),
    ],
    [
      'with an age of 7 s, in the model of a lost API server',
      leaderLosesItsApiServer,
      services(aged(7_000)),
      twoLead('model'),
    ],
    ['where what is invalid elects, in the model of a wrong path', wrongPath, ruledBy(invalidElects), twoLead('model')],
    ['with polls every 1.3 s', () => pause('head'), services({ pollIntervalMs: 1_300 }), nobodyLeads],
    ['where the first answer without a name demotes', restart, ruledBy(namelessDemotes), restartEndsTerm],
    ['by hand, where the sidecar restarts', restart, handWritten({ onError: 'say follower' }), restartEndsTerm],
  ])('%s', async (_what, recordingOf, make, judge) => {
    expect(await firstGuilty(recordingOf, make, judge, 10 * CONTROL_SEEDS)).toBeDefined();
  });

  test.each(NAMES)('not for what drives the altered rules: unaltered they pass beside %s', async (name) => {
    expect(await firstGuilty(() => readRecording(name), ruledBy({}), twoLead(name), SEEDS)).toBeUndefined();
  });
});

/** The constructor refuses so great an age unless it is told of a lease that allows it. */
function aged(maxAgeMs: number) {
  return { maxAgeMs, leaseDurationMs: 2 * maxAgeMs, settleMs: SETTLE_MS, pollIntervalMs: 1_000, checkTimeoutMs: 2_000 };
}
