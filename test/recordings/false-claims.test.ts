import { describe, expect, test, vi } from 'vitest';
import { namelessIsAnother, silenceIsRefusal } from '../support/replay/mistakes.ts';
import {
  answersOf,
  cut,
  markedAtMs,
  podsOf,
  readRecording,
  recordingNames,
  type Recording,
} from '../support/replay/recording.ts';
import { replay } from '../support/replay/replay.ts';
import { firstGuilty, twoLead } from '../support/replay/search.ts';
import { services } from '../support/replay/services.ts';
import { handOverMs } from '../support/replay/timeline.ts';
import { SEEDS, seededRandom } from '../support/virtual-time.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A mistake does not show with every seed. */
const CONTROL_SEEDS = 30;

/** A restarted sidecar names nobody, then repeats what the lock record said before the outage. */
describe.each([
  ['kkosmrli exits in an outage of the API server', 'api-outages-echo-kkosmrli-2', 'E API server killed', 'end'],
  ['kkosmrli exits in another outage', 'faults-r1-kkosmrli', 'E API server killed', 'F black-hole'],
  ['vapor is killed in an outage', 'faults-r2-vapor', 'E API server killed', 'F black-hole'],
])('the old record, repeated after a restart when %s,', (_what, name, from, to) => {
  const whole = readRecording(name);
  const outage = cut(whole, markedAtMs(whole, from) - 10_000, markedAtMs(whole, to));

  test('elects nobody', async () => {
    expect(await firstGuilty(() => outage, services(), twoLead, 3 * SEEDS)).toBeUndefined();
  });

  test('control: elects a second leader if an answer without a name ends a suspicion', async () => {
    expect(await firstGuilty(() => outage, services({}, namelessIsAnother), twoLead, CONTROL_SEEDS)).toBeDefined();
  });
});

/** client-go's default timing of 15, 10 and 2 s leaves less than 3 s between the last claim and the next leader's first. */
test.each(['F black-hole', 'F2 black-hole'])(
  "half a second passes between two leaders if a sidecar with client-go's defaults loses its API server: %s",
  async (event) => {
    const whole = readRecording('faults-r1-kkosmrli');
    const atMs = markedAtMs(whole, event);
    const hole = cut(whole, atMs - 10_000, atMs + 30_000);
    for (let seed = 1; seed <= 5 * SEEDS; seed += 1) {
      const handOvers = handOverMs(await replay(hole, seed, services()), hole.endMs);
      expect(handOvers).toHaveLength(1);
      expect(Math.min(...handOvers)).toBeGreaterThanOrEqual(500);
    }
  },
);

/** A stopped sidecar still claims its pod when it continues, and an app that just started has no older answer to compare. */
describe('an app that starts while its sidecar is stopped', () => {
  // A leader of nais still leads after it was stopped, so its claim is true.
  const freezes = recordingNames()
    .filter((name) => readRecording(name).sidecar !== 'nais')
    .flatMap((name) => freezesIn(name, readRecording(name)));

  test.each(freezes)('does not lead beside another: $name, $pod stopped at $stopsAtMs ms', async ({ recordingOf }) => {
    expect(await firstGuilty(recordingOf, services(), twoLead, 3 * SEEDS)).toBeUndefined();
  });

  test('control: leads beside another if silence before the first answer is not a gap', async () => {
    const guilty = [];
    for (const { name, recordingOf } of freezes) {
      if ((await firstGuilty(recordingOf, services({}, silenceIsRefusal), twoLead, CONTROL_SEEDS)) !== undefined)
        guilty.push(name);
    }
    expect(guilty).toEqual(freezes.map(({ name }) => name));
  });
});

interface Freeze {
  readonly name: string;
  readonly pod: string;
  readonly stopsAtMs: number;
  /** Returns the freeze with an app that starts at some time in it, which depends on the seed. */
  readonly recordingOf: (seed: number) => Recording;
}

function freezesIn(name: string, recording: Recording): readonly Freeze[] {
  return podsOf(recording).flatMap((pod) => {
    const answers = answersOf(recording, pod);
    return answers.flatMap((answer, index): readonly Freeze[] => {
      const thawsAtMs = answers[index + 1]?.atMs;
      if (!('hangs' in answer) || thawsAtMs === undefined) return [];
      const part = cut(recording, answer.atMs - 5_000, thawsAtMs + 20_000);
      const forMs = thawsAtMs - answer.atMs;
      const recordingOf = (seed: number): Recording => {
        const atMs = 5_000 + (forMs - 1_000) * seededRandom(seed)();
        return { ...part, marks: [...part.marks, { atMs, event: `the app of ${pod} starts` }] };
      };
      return [{ name, pod, stopsAtMs: answer.atMs, recordingOf }];
    });
  });
}
