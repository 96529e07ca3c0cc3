import assert from 'node:assert/strict';
import { boot, type Wiring } from '../support/boot.ts';
import { jobsWith } from '../support/jobs-with.ts';
import { Recorder } from '../support/recorder.ts';

/** An app with a single job. */
export interface GatedApp {
  readonly title: string;
  /** The name of the job in skips. Default: any. */
  readonly skips?: string;
  /** How many ticks to await. Default 2; a timeout has only one, and cron takes a second for each. */
  readonly ticks?: number;
  make(work: () => void): Wiring;
}

/** Makes an app with a job under these decorators, listed from top to bottom. */
export function decoratedApp(
  title: string,
  decorators: readonly MethodDecorator[],
  expected: Pick<GatedApp, 'skips' | 'ticks'> = {},
): GatedApp {
  return { title, ...expected, make: (work) => ({ providers: [jobsWith(...decorators)(work)] }) };
}

/**
 * Boots the app once with a leader that always leads, which must run the job, and once with a follower, which must skip
 * it.
 */
export async function runsOnTheLeaderOnly(gated: GatedApp, wiring: Wiring): Promise<void> {
  const { skips, ticks = 2 } = gated;
  const leader = new Recorder();
  const leading = await boot(leader, 'always', { ...gated.make(leader.work), ...wiring });
  await leader.until(({ runs }) => runs.length >= ticks);
  await leading.close();
  assert.ok(leader.runs.every((term) => term === 1));
  assert.deepEqual(
    leader.skips.filter((skip) => !skip.endsWith('closed')),
    [],
  );

  const follower = new Recorder();
  const following = await boot(follower, 'never', { ...gated.make(follower.work), ...wiring });
  await follower.until((recorded) => recorded.skips.length >= ticks);
  await following.close();
  assert.deepEqual(follower.runs, []);
  const name = skips ?? follower.skips[0]?.split(':')[0];
  assert.match(name ?? '', /^(\w+\.)?\w+$/);
  assert.ok(
    follower.skips.every((skip) => skip === `${name}: follower` || skip === `${name}: closed`),
    follower.skips.join(),
  );
}
