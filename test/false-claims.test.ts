import { describe, expect, test, vi } from 'vitest';
import { kkosmrliLosesItsApiServer } from './replay/lease-model.ts';
import {
  answersOf,
  cut,
  markedAtMs,
  podsOf,
  readRecording,
  recordingNames,
  type Recording,
} from './replay/recording.ts';
import { replay } from './replay/replay.ts';
import { namelessIsEvidence, ruledBy, silenceIsNoGap } from './replay/ruled-candidate.ts';
import { firstGuilty, twoLead } from './replay/search.ts';
import { services } from './replay/service.ts';
import { handOverMs } from './replay/timeline.ts';
import { SEEDS, seededRandom } from './virtual-time.ts';

vi.setConfig({ testTimeout: 60_000 });

/** How many seeds a control tries: a wrong rule need not show at once. */
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
    expect(await firstGuilty(() => outage, ruledBy(namelessIsEvidence), twoLead, CONTROL_SEEDS)).toBeDefined();
  });
});

/** client-go's own timing of 15, 10 and 2 s leaves less than 3 s between the last claim and the next leader's. */
describe("a sidecar with client-go's defaults that loses its API server", () => {
  test.each(['F black-hole', 'F2 black-hole'])('leaves half a second between two leaders: %s', async (event) => {
    const whole = readRecording('faults-r1-kkosmrli');
    const atMs = markedAtMs(whole, event);
    const hole = cut(whole, atMs - 10_000, atMs + 30_000);
    for (let seed = 1; seed <= 5 * SEEDS; seed += 1) {
      const handOvers = handOverMs(await replay(hole, seed, services()), hole.endMs);
      expect(handOvers).toHaveLength(1);
      expect(Math.min(...handOvers)).toBeGreaterThanOrEqual(500);
    }
  });

  test('never makes two leaders, in a model', async () => {
    expect(await firstGuilty(kkosmrliLosesItsApiServer, services(), twoLead, 10 * SEEDS)).toBeUndefined();
  });

  test('control: makes two leaders with an age of 4 s, in the model', async () => {
    const make = services({ maxAgeMs: 4_000 });
    expect(await firstGuilty(kkosmrliLosesItsApiServer, make, twoLead, CONTROL_SEEDS)).toBeDefined();
  });
});

/** A stopped sidecar that is continued still claims its pod, and an app that just started has no older answer to compare. */
describe('an app that starts before its stopped sidecar is continued', () => {
  // A stopped leader of nais goes on leading, so its claim is true.
  const freezes = recordingNames()
    .filter((name) => readRecording(name).sidecar !== 'nais')
    .flatMap((name) => freezesIn(name, readRecording(name)));

  test.each(freezes)('does not lead beside another: $name, $pod', async ({ recordingOf }) => {
    expect(await firstGuilty(recordingOf, services(), twoLead, 3 * SEEDS)).toBeUndefined();
  });

  test('control: leads beside another if silence before the first answer is not a gap', async () => {
    const guilty = [];
    for (const { name, recordingOf } of freezes) {
      if ((await firstGuilty(recordingOf, ruledBy(silenceIsNoGap), twoLead, CONTROL_SEEDS)) !== undefined)
        guilty.push(name);
    }
    expect(guilty).toEqual(freezes.map(({ name }) => name));
  });
});

interface Freeze {
  readonly name: string;
  readonly pod: string;
  /** The same with an app that starts at any time of the freeze, by the seed. */
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
      return [{ name, pod, recordingOf }];
    });
  });
}
