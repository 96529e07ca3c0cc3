import { describe, expect, test, vi } from 'vitest';
import { believingFor, invalidElects } from '../support/replay/mistakes.ts';
import type { Recording } from '../support/replay/recording.ts';
import type { MakeCandidate } from '../support/replay/replay.ts';
import { firstGuilty, twoLead } from '../support/replay/search.ts';
import { services } from '../support/replay/services.ts';
import { SEEDS } from '../support/virtual-time.ts';
import { kkosmrliLosesItsApiServer, leaderLosesItsApiServer, leaderPauses, wrongPath } from './lease-model.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A mistake does not show with every seed. */
const CONTROL_SEEDS = 300;

type Model = (seed: number) => Recording;

describe('in a model', () => {
  test.each<[fault: string, model: Model]>([
    ['the leader loses its API server', leaderLosesItsApiServer],
    ["a leader with client-go's defaults loses its API server", kkosmrliLosesItsApiServer],
    ['the leader pauses', leaderPauses],
    ['the services ask at the wrong path', wrongPath],
  ])('two services never lead at once if %s', async (_fault, model) => {
    expect(await firstGuilty(model, services(), twoLead, 10 * SEEDS)).toBeUndefined();
  });

  test.each<[what: string, model: Model, make: MakeCandidate]>([
    [
      'an answer is believed for 7 s when the API server is lost',
      leaderLosesItsApiServer,
      services(believingFor(7_000)),
    ],
    [
      "an answer is believed for 4 s with client-go's defaults",
      kkosmrliLosesItsApiServer,
      services({ maxAgeMs: 4_000 }),
    ],
    ['a claim after a pause settles for half a lease', leaderPauses, services({ settleMs: 7_500 })],
    ['an invalid answer elects', wrongPath, services({}, invalidElects)],
  ])('control: two services lead at once if %s', async (_what, model, make) => {
    expect(await firstGuilty(model, make, twoLead, CONTROL_SEEDS)).toBeDefined();
  });
});
