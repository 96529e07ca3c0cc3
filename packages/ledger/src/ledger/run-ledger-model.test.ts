import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inVirtualTime, SEEDS } from '../../../../test/support/virtual-time.ts';
import { controls } from '../fixtures/model/controls.ts';
import { incidents, violationsOf } from '../fixtures/model/history.ts';

test('begins no attempt twice, loses no slot, and reports what it does not run', async () => {
  const property = fc.asyncProperty(fc.integer(), incidents, (seed, history) =>
    inVirtualTime(seed, async (time) => {
      const violations = await violationsOf(seed, history, time);
      if (violations.length > 0) throw new Error(violations.join('; '));
    }),
  );
  const result = await fc.check(property, { numRuns: 400 * SEEDS, includeErrorInReport: true });
  expect(fc.defaultReportMessage(result)).toBeUndefined();
}, 120_000);

test('has nothing to find in the history that shows why missed slots are not claimed up front', async () => {
  const { history = [] } = controls.find((control) => control.history !== undefined) ?? {};
  const violations = await inVirtualTime(1, (time) => violationsOf(1, history, time));
  expect(history).not.toEqual([]);
  expect(violations).toEqual([]);
});
