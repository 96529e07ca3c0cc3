import { describe, expect, test, vi } from 'vitest';
import { believingFor, failuresRenew, namelessIsAnother, namelessRenews } from '../support/replay/mistakes.ts';
import { cut, markedAtMs, readRecording, type Recording } from '../support/replay/recording.ts';
import type { MakeCandidate } from '../support/replay/replay.ts';
import { firstGuilty, nobodyLeads, restartEndsTerm, twoLead, type Judge } from '../support/replay/search.ts';
import { services } from '../support/replay/services.ts';
import { handWritten } from './hand-written-client.ts';

// The assertions of recordings.test.ts about clients that are wrong in one respect: each must fail somewhere.
vi.setConfig({ testTimeout: 60_000 });

/** A mistake does not show with every seed. */
const CONTROL_SEEDS = 30;
/** Recordings in which a paused leader still claims after another pod has taken over. */
const PAUSES = ['0.5', 'head', 'instana'];
/** Long enough that no answer ever expires. */
const FOREVER_MS = 1_000_000;

describe('control: two pods lead', () => {
  test.each<[what: string, make: MakeCandidate]>([
    ['without settling', services({ settleMs: 0 })],
    ['if no answer expires', services(believingFor(FOREVER_MS))],
    ['if a failure renews the last answer', services({}, failuresRenew)],
    ['if a client keeps the last value', handWritten({ onError: 'keep the last value' })],
    ['if a client keeps the last value after 500 ms', handWritten({ onError: 'keep the last value', timeoutMs: 500 })],
    ['if a client leads after 500 ms', handWritten({ onError: 'leader', timeoutMs: 500 })],
    ['if a client follows after 500 ms', handWritten({ onError: 'follower', timeoutMs: 500 })],
  ])('%s, beside the paused sidecars of 0.5, head and instana', async (_what, make) => {
    const shown = [];
    for (const name of PAUSES) {
      if ((await firstGuilty(() => pause(name), make, twoLead, CONTROL_SEEDS)) !== undefined) shown.push(name);
    }
    expect(shown).toEqual(PAUSES);
  });

  test.each<[what: string, recordingOf: () => Recording, make: MakeCandidate]>([
    ['after half a lease of settling, in 0.5', () => pause('0.5'), services({ settleMs: 5_000 })],
    ['if an answer is believed for 9.5 s, in 0.5', () => readRecording('0.5'), services(believingFor(9_500))],
    ['if an answer without a name renews the last, in 0.5', () => readRecording('0.5'), services({}, namelessRenews)],
    [
      'if a client leads after 500 ms, in nais',
      () => readRecording('nais'),
      handWritten({ onError: 'leader', timeoutMs: 500 }),
    ],
    ['if no answer expires, in head-pauses', () => readRecording('head-pauses'), services(believingFor(FOREVER_MS))],
  ])('%s', async (_what, recordingOf, make) => {
    expect(await firstGuilty(recordingOf, make, twoLead, 10 * CONTROL_SEEDS)).toBeDefined();
  });
});

test.each<[what: string, recordingOf: () => Recording, make: MakeCandidate, judge: Judge]>([
  [
    'a claim is not believed within a poll if a service polls once a second',
    () => pause('head'),
    services({ pollIntervalMs: 1_000 }),
    nobodyLeads,
  ],
  [
    'a restart ends a term if the first answer without a name demotes',
    restart,
    services({}, namelessIsAnother),
    restartEndsTerm,
  ],
  [
    'a restart ends a term if a client follows on errors',
    restart,
    handWritten({ onError: 'follower' }),
    restartEndsTerm,
  ],
])('control: %s', async (_what, recordingOf, make, judge) => {
  expect(await firstGuilty(recordingOf, make, judge, 10 * CONTROL_SEEDS)).toBeDefined();
});

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
