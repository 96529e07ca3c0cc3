import { describe, expect, test, vi } from 'vitest';
import { ADMITTED, longestMs } from '../support/replay/admitted.ts';
import { cut, markedAtMs, readRecording, recordingNames } from '../support/replay/recording.ts';
import { firstGuilty, nobodyLeads, restartEndsTerm, twoLead, type Judge } from '../support/replay/search.ts';
import { services } from '../support/replay/services.ts';
import { SEEDS } from '../support/virtual-time.ts';

// Hours of virtual time take seconds of a processor that other tests use too.
vi.setConfig({ testTimeout: 60_000 });

const NAMES = recordingNames();

describe.each(NAMES)('beside the sidecars of %s', (name) => {
  test('two services lead at once only in the admitted windows, and a sole claim is believed within one poll', async () => {
    const recording = readRecording(name);
    const both: Judge = (timeline) => [...twoLead(timeline, recording), ...nobodyLeads(timeline, recording)];
    expect(await firstGuilty(() => recording, services(), both, SEEDS)).toBeUndefined();
  });
});

test.each(ADMITTED)('the admitted window of $sidecar is no wider than its recordings require: $fault', (window) => {
  const longest = longestMs(window, NAMES.map(readRecording));
  expect(100 * Math.ceil(longest / 100)).toBe(window.longestMs);
});

test.each([
  ['nais-handover', 'its elector process is killed and restarted'],
  ['faults-r1-nais', 'B2 kill -9'],
  ['faults-r1-krmcbride', 'B2 kill -9'],
  ['faults-r1-kkosmrli', 'B2 kill -9'],
])('a service keeps its term if its sidecar restarts within a second, in %s', async (name, event) => {
  const whole = readRecording(name);
  const atMs = markedAtMs(whole, event);
  const restart = cut(whole, atMs - 10_000, atMs + 10_000);
  expect(await firstGuilty(() => restart, services(), restartEndsTerm, 10 * SEEDS)).toBeUndefined();
});
