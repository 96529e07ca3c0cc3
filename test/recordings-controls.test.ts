import { describe, expect, test, vi } from 'vitest';
import { handWritten } from './replay/hand-written-client.ts';
import { leaderLosesItsApiServer, leaderPauses, wrongPath } from './replay/lease-model.ts';
import { cut, markedAtMs, readRecording, type Recording } from './replay/recording.ts';
import type { MakeCandidate } from './replay/replay.ts';
import {
  failuresRenew,
  invalidElects,
  namelessDemotes,
  namelessRenews,
  neverAges,
  ruledBy,
} from './replay/ruled-candidate.ts';
import { firstGuilty, nobodyLeads, restartEndsTerm, twoLead, type Judge } from './replay/search.ts';
import { services } from './replay/service.ts';
import { SEEDS } from './virtual-time.ts';

// The assertions of recordings.test.ts, against clients that are wrong in one point: each must fail somewhere.
vi.setConfig({ testTimeout: 60_000 });

/** An altered rule need not show at once. */
const CONTROL_SEEDS = 30;
/** Recordings in which a paused leader goes on claiming after another has taken over. */
const PAUSES = ['0.5', 'head', 'instana'];

describe('two pods lead beside the sidecars', () => {
  test.each<[what: string, make: MakeCandidate, shownBy: readonly string[]]>([
    ['without settling', services({ settleMs: 0 }), PAUSES],
    ['with no age', ruledBy(neverAges), PAUSES],
    ['if a failure renews the last answer', ruledBy(failuresRenew), PAUSES],
    ['of a client that keeps the last value', handWritten({ onError: 'keep it' }), PAUSES],
    ['of one that keeps it after 500 ms', handWritten({ onError: 'keep it', timeoutMs: 500 }), PAUSES],
    ['of one that leads after 500 ms', handWritten({ onError: 'say leader', timeoutMs: 500 }), PAUSES],
    ['of one that follows after 500 ms', handWritten({ onError: 'say follower', timeoutMs: 500 }), PAUSES],
  ])('%s', async (_what, make, shownBy) => {
    const shown = [];
    for (const name of shownBy) {
      if ((await firstGuilty(() => pause(name), make, twoLead, CONTROL_SEEDS)) !== undefined) shown.push(name);
    }
    expect(shown).toEqual(shownBy);
  });

  test.each<[what: string, recordingOf: (seed: number) => Recording, make: MakeCandidate]>([
    ['of 0.5, with half a lease to settle', () => pause('0.5'), services({ settleMs: 5_000 })],
    ['of 0.5, with an age of 9.5 s', () => readRecording('0.5'), services(aged(9_500))],
    ['of 0.5, if an answer without a name renews the last', () => readRecording('0.5'), ruledBy(namelessRenews)],
    [
      'of nais, of a client that leads after 500 ms',
      () => readRecording('nais'),
      handWritten({ onError: 'say leader', timeoutMs: 500 }),
    ],
    ['of head that pause six times, with no age', () => readRecording('head-pauses'), ruledBy(neverAges)],
    ["in the model of kkosmrli's pause, with half a lease to settle", leaderPauses, services({ settleMs: 7_500 })],
    ['in the model of a lost API server, with an age of 7 s', leaderLosesItsApiServer, services(aged(7_000))],
    ['in the model of a wrong path, if an invalid answer elects', wrongPath, ruledBy(invalidElects)],
  ])('%s', async (_what, recordingOf, make) => {
    expect(await firstGuilty(recordingOf, make, twoLead, 10 * CONTROL_SEEDS)).toBeDefined();
  });
});

test.each<[what: string, recordingOf: () => Recording, make: MakeCandidate, judge: Judge]>([
  [
    'a claim is not believed within a poll, with polls every 1.0 s',
    () => pause('head'),
    services({ pollIntervalMs: 1_000 }),
    nobodyLeads,
  ],
  [
    'a restart ends a term if the first answer without a name demotes',
    restart,
    ruledBy(namelessDemotes),
    restartEndsTerm,
  ],
  [
    'a restart ends a term of a client that follows on errors',
    restart,
    handWritten({ onError: 'say follower' }),
    restartEndsTerm,
  ],
])('%s', async (_what, recordingOf, make, judge) => {
  expect(await firstGuilty(recordingOf, make, judge, 10 * CONTROL_SEEDS)).toBeDefined();
});

test.each([...PAUSES, 'nais'])(
  'unaltered, the rules that the altered ones are put into pass beside %s',
  async (name) => {
    expect(await firstGuilty(() => readRecording(name), ruledBy({}), twoLead, SEEDS)).toBeUndefined();
  },
);

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

/** The constructor refuses such an age unless it is told of a lease that allows it. */
function aged(maxAgeMs: number) {
  return {
    maxAgeMs,
    leaseDurationMs: 2 * maxAgeMs,
    settleMs: 10_000,
    pollIntervalMs: 1_000,
    checkTimeoutMs: 2_000,
    requestTimeoutMs: 500,
  };
}
