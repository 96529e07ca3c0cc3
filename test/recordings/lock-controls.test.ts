import { describe, expect, test, vi } from 'vitest';
import {
  confirmingFor,
  failuresConfirm,
  holderIsIgnored,
  oneQuestionAtATime,
  onlyTheFirstReadingCounts,
} from '../support/replay/lock-mistakes.ts';
import { twoLeadBeyondOneReading } from '../support/replay/locked.ts';
import { cut, markedAtMs, readRecording, type Recording } from '../support/replay/recording.ts';
import { replay, type MakeCandidate } from '../support/replay/replay.ts';
import { firstGuilty } from '../support/replay/search.ts';
import { lockedServices, polled, services } from '../support/replay/services.ts';
import { totalMs, vacancies } from '../support/replay/timeline.ts';

// The assertions of lock-records.test.ts about services that break one lock rule: each must fail somewhere.
vi.setConfig({ testTimeout: 60_000 });

/** A mistake does not show with every seed. */
const CONTROL_SEEDS = 30;

describe('control: two services lead beyond one reading', () => {
  test.each<[what: string, fault: string, name: string, event: string, make: MakeCandidate]>([
    ['without the lock record', 'a black hole', 'faults-r2-vapor', 'F black-hole', services()],
    ['if the holder is ignored', 'a black hole', 'faults-r2-vapor', 'F black-hole', lockedServices(holderIsIgnored)],
    ['if the holder is ignored', 'resets', 'flap-krmcbride', 'X1', lockedServices(holderIsIgnored)],
    [
      'if only the first reading counts',
      'a deletion',
      'lock-deleted-vapor',
      'X1',
      lockedServices(onlyTheFirstReadingCounts),
    ],
    [
      'if a record confirms for 100 leases',
      'a black hole of both',
      'faults-r1-krmcbride',
      'F2 black-hole',
      lockedServices(confirmingFor(100)),
    ],
    [
      'if a record confirms for 1.2 leases',
      'a black hole of both',
      'faults-r2-vapor',
      'F2 black-hole',
      lockedServices(confirmingFor(1.2)),
    ],
    [
      'if a failure confirms',
      'a black hole of both',
      'faults-r2-head',
      'F2 black-hole',
      lockedServices(failuresConfirm),
    ],
    [
      "with 'trust-sidecar'",
      'a black hole of both',
      'faults-r2-head',
      'F2 black-hole',
      lockedServices(polled, { whenUnreachable: 'trust-sidecar' }),
    ],
  ])('%s, in %s', async (_what, _fault, name, event, make) => {
    expect(await firstGuilty(() => partOf(name, event), make, twoLeadBeyondOneReading, CONTROL_SEEDS)).toBeDefined();
    expect(await firstGuilty(() => partOf(name, event), lockedServices(), twoLeadBeyondOneReading, 1)).toBeUndefined();
  });
});

test('control: one question at a time costs more than several if the API server is slow', async () => {
  const slow = readRecording('slow-api-head');
  const vacantMs = async (make: MakeCandidate): Promise<number> =>
    totalMs(vacancies(await replay(slow, 1, make), slow.endMs));
  const many = await vacantMs(lockedServices());
  expect(await vacantMs(lockedServices(oneQuestionAtATime))).toBeGreaterThan(1.1 * many);
});

function partOf(name: string, event: string): Recording {
  const whole = readRecording(name);
  const atMs = markedAtMs(whole, event);
  return cut(whole, atMs - 15_000, atMs + 40_000);
}
