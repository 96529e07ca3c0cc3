import { describe, expect, test, vi } from 'vitest';
import { needlesslyVacant, oneReadingMs, twoLeadAtAll, twoLeadBeyondOneReading } from '../support/replay/locked.ts';
import { cut, markedAtMs, readRecording, recordingNames } from '../support/replay/recording.ts';
import { replay, type MakeCandidate } from '../support/replay/replay.ts';
import { firstGuilty } from '../support/replay/search.ts';
import { lockedServices, polled, services, watched } from '../support/replay/services.ts';
import { totalMs, vacancies, without } from '../support/replay/timeline.ts';
import { SEEDS } from '../support/virtual-time.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A mistake does not show with every seed. */
const CONTROL_SEEDS = 30;
/** Two sidecars with one id also share the record, which therefore cannot tell them apart. */
const NAMES = recordingNames().filter((name) => readRecording(name).lock !== undefined && name !== 'same-id-head');

describe.each(NAMES)('with the lock record, beside the sidecars of %s', (name) => {
  const recording = readRecording(name);

  test('two services lead for at most one reading, after an instant hand-over, and nobody only if it confirms nobody', async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const locked = await replay(recording, seed, lockedServices());
      const unlocked = await replay(recording, seed, services());
      const two = twoLeadBeyondOneReading(locked, recording);
      const vacant = needlesslyVacant(locked, unlocked, recording);
      expect({ seed, two, vacant }).toEqual({ seed, two: [], vacant: [] });
    }
  });
});

/** In the other recordings, two services do not lead at once even if the record is only polled. */
describe.each(['lock-deleted-head', 'lock-deleted-nais', 'lock-deleted-vapor'])(
  'when the lock is deleted, in %s',
  (name) => {
    const recording = readRecording(name);

    test('two services never lead at once if the record is watched', async () => {
      expect(await firstGuilty(() => recording, lockedServices(watched), twoLeadAtAll, 2 * SEEDS)).toBeUndefined();
    });

    test('control: they do if it is only polled', async () => {
      expect(await firstGuilty(() => recording, lockedServices(), twoLeadAtAll, CONTROL_SEEDS)).toBeDefined();
    });
  },
);

/** nais never loses its lock in a pause, so its claim after one is true. */
describe.each(['D1 SIGSTOP', 'D3 SIGSTOP'])('when the sidecar of a leader was stopped for 20 s, in %s', (event) => {
  const whole = readRecording('faults-r1-nais');
  const pause = cut(whole, markedAtMs(whole, event) - 10_000, markedAtMs(whole, event) + 40_000);
  const thawsMs = 30_000;

  test('a confirmed claim does not settle', async () => {
    for (let seed = 1; seed <= 2 * SEEDS; seed += 1) {
      const last = vacancies(await replay(pause, seed, lockedServices()), pause.endMs).at(-1);
      expect(last?.toMs).toBeLessThan(thawsMs + oneReadingMs(pause));
    }
  });

  test('control: without the lock record it settles for a lease', async () => {
    const last = vacancies(await replay(pause, 1, services()), pause.endMs).at(-1);
    expect(last?.toMs).toBeGreaterThan(thawsMs + 9_000);
  });
});

test("in an outage of the API server, a leader steps down after 0.9 leases, and leads on with 'trust-sidecar'", async () => {
  // The recorded sidecar keeps its claim through this outage.
  const [killedMs, startsMs] = [257_191, 287_194];
  const outage = cut(readRecording('faults-r2-vapor'), killedMs - 15_000, startsMs);
  const vacantMs = async (make: MakeCandidate, seed: number): Promise<number> => {
    const vacant = vacancies(await replay(outage, seed, make), outage.endMs);
    return totalMs(without(vacant, [{ fromMs: 0, toMs: 15_000, pods: [] }]));
  };
  for (let seed = 1; seed <= 2 * SEEDS; seed += 1) {
    const demoted = await vacantMs(lockedServices(), seed);
    expect(demoted).toBeGreaterThan(20_000);
    expect(demoted).toBeLessThan(24_000);
    expect(await vacantMs(lockedServices(polled, { whenUnreachable: 'trust-sidecar' }), seed)).toBe(0);
  }
});
