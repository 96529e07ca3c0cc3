import { describe, expect, test, vi } from 'vitest';
import { ADMITTED, longestMs, violations } from './replay/admitted.ts';
import { slotsRunTwice } from './replay/cron-jobs.ts';
import { leaderLosesItsApiServer, leaderPauses, wrongPath } from './replay/lease-model.ts';
import { cut, markedAtMs, readRecording, recordingNames, type Recording } from './replay/recording.ts';
import { firstGuilty, nobodyLeads, restartEndsTerm, twoLead, type Judge } from './replay/search.ts';
import { services } from './replay/service.ts';
import { SEEDS } from './virtual-time.ts';

// Hours of virtual time, which take seconds of a processor that others use too.
vi.setConfig({ testTimeout: 60_000 });

const NAMES = recordingNames();

describe.each(NAMES)('services beside the sidecars of %s', (name) => {
  test('lead two at once in the admitted windows alone, and believe a sole claim within one poll', async () => {
    const recording = readRecording(name);
    const both: Judge = (timeline) => [...twoLead(timeline, recording), ...nobodyLeads(timeline, recording)];
    expect(await firstGuilty(() => recording, services(), both, SEEDS)).toBeUndefined();
  });

  test('run a slot of a cron job on two pods in the admitted windows alone', async () => {
    const recording = readRecording(name);
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const twice = violations(await slotsRunTwice(recording, seed), recording);
      expect({ seed, twice }).toEqual({ seed, twice: [] });
    }
  });
});

test.each(ADMITTED)('no admitted window is wider than the recordings of $sidecar require: $fault', (window) => {
  const longest = longestMs(window, NAMES.map(readRecording));
  expect(100 * Math.ceil(longest / 100)).toBe(window.longestMs);
});

describe('services', () => {
  test.each([
    ['nais-handover', 'its elector process is killed and restarted'],
    ['faults-r1-nais', 'B2 kill -9'],
    ['faults-r1-krmcbride', 'B2 kill -9'],
    ['faults-r1-kkosmrli', 'B2 kill -9'],
  ])('keep a term through the restart of its sidecar within a second, in %s', async (name, event) => {
    const whole = readRecording(name);
    const atMs = markedAtMs(whole, event);
    const restart = cut(whole, atMs - 10_000, atMs + 10_000);
    expect(await firstGuilty(() => restart, services(), restartEndsTerm, 10 * SEEDS)).toBeUndefined();
  });

  test.each<[what: string, model: (seed: number) => Recording]>([
    ['the leader loses its API server', leaderLosesItsApiServer],
    ['kkosmrli pauses', leaderPauses],
    ['the sidecar is asked at the wrong path', wrongPath],
  ])('never lead two at once if %s, in a model', async (_what, model) => {
    expect(await firstGuilty(model, services(), twoLead, 10 * SEEDS)).toBeUndefined();
  });
});
