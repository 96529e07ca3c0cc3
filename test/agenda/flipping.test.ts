import { describe, expect, inject, it } from 'vitest';
import { runFlipping } from './flipping.ts';
import { isKept } from './history.ts';

// A short run of what `pnpm run agenda` does for a minute.
const SHORT = { replicas: 2, durationMs: 3_000 };
const databases = inject('databases');

describe('While leadership flips', { timeout: 60_000 }, () => {
  it.concurrent.each(databases)(
    'on $kind every job runs once, or again where its runner was killed, and none on a follower',
    async (database) => {
      const outcome = await runFlipping({ ...SHORT, ...database, gate: 'backend', kills: true });
      expect(outcome).toMatchObject({ lost: 0, twice: 0, onFollowers: 0, kills: 1 });
      expect(outcome).toSatisfy(isKept);
    },
  );

  it.concurrent.each(databases.slice(0, 1))(
    'jobs are lost where the gate is in the processor, so that the test above can fail',
    async (database) => {
      const outcome = await runFlipping({ ...SHORT, ...database, gate: 'processor', kills: false });
      expect(outcome.lost).toBeGreaterThan(0);
    },
  );
});
