import { describe, expect, inject, it } from 'vitest';
import { runFlipping } from './flipping.ts';
import { isKept } from './history.ts';

/** A short run of what `pnpm run agenda` does for a minute. */
const DURATION_MS = 3_000;
const LOCK_LIFETIME_MS = 1_500;

describe.concurrent.each(inject('databases'))('On $kind, while leadership flips', ({ kind, url }) => {
  const flipping = { kind, url, durationMs: DURATION_MS, lockLifetimeMs: LOCK_LIFETIME_MS } as const;

  it('every job runs once, or again where its runner was killed, and none on a follower', async () => {
    const outcome = await runFlipping({ ...flipping, replicas: 2, gate: 'backend', kills: true });
    expect(outcome).toMatchObject({ lost: 0, twice: 0, onFollowers: 0, kills: 1 });
    expect(outcome).toSatisfy(isKept);
    expect(outcome.othersOnFollowers).toBeGreaterThan(0);
  }, 40_000);

  it('jobs are lost where the gate is in the processor, so the test above can fail', async () => {
    const outcome = await runFlipping({ ...flipping, replicas: 2, gate: 'processor', kills: false });
    expect(outcome.lost).toBeGreaterThan(0);
  }, 40_000);
});
