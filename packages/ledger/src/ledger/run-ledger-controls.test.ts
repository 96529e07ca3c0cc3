import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inVirtualTime } from '../../../../test/support/virtual-time.ts';
import { controls } from '../fixtures/model/controls.ts';
import { incidents, violationsOf } from '../fixtures/model/history.ts';

/** The same histories as in the model's own test, which would hide a ledger that is as wrong as one of these. */
describe('The model finds a ledger that', () => {
  it.each(controls)(
    '$title',
    async ({ spoil, finds, history: shown }) => {
      const found: string[] = [];
      const histories = shown === undefined ? incidents : fc.constant(shown);
      const property = fc.asyncProperty(fc.integer(), histories, (seed, history) =>
        inVirtualTime(seed, async (time) => {
          found.push(...(await violationsOf(seed, history, time, spoil)));
          if (found.some((violation) => finds.test(violation))) throw new Error('found');
        }),
      );
      const { failed } = await fc.check(property, { numRuns: 400, endOnFailure: true });
      expect({ failed, found }).toMatchObject({ failed: true });
    },
    60_000,
  );
});
