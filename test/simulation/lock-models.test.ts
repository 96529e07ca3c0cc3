import type { ClusterLeaderOptions } from '@cluster-leader/core';
import { describe, expect, test, vi } from 'vitest';
import {
  lastClaimConfirms,
  missingIsNoNews,
  onlyTheFirstSightCounts,
  onlyTheTimeInTheRecordCounts,
  orderedByArrival,
  ownerIsIgnored,
} from '../support/replay/lock-mistakes.ts';
import { leadsWithoutLock, twoLeadBeyondOneReading } from '../support/replay/locked.ts';
import type { Recording } from '../support/replay/recording.ts';
import { firstGuilty, type Judge } from '../support/replay/search.ts';
import { lockedServices, polled, type Reading } from '../support/replay/services.ts';
import { SEEDS } from '../support/virtual-time.ts';
import {
  clockSetBack,
  deletedForGood,
  falseClaimAfterRelease,
  lateAnswers,
  lateApp,
  recreatedPod,
} from './lock-model.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A mistake does not show with every seed. */
const CONTROL_SEEDS = 30;

const TWO_LEAD = { promise: 'two services never lead beyond one reading', judge: twoLeadBeyondOneReading };

interface Case {
  readonly fault: string;
  readonly promise: string;
  readonly model: () => Recording;
  readonly judge: Judge;
  readonly what: string;
  readonly mistake: Reading;
  readonly options?: ClusterLeaderOptions;
}

const CASES: readonly Case[] = [
  {
    fault: 'the lock is deleted and nobody takes it',
    promise: 'the leader steps down within one reading',
    model: deletedForGood,
    judge: leadsWithoutLock,
    what: 'a missing record is no news',
    mistake: missingIsNoNews,
  },
  {
    ...TWO_LEAD,
    fault: 'late answers arrive after newer ones',
    model: lateAnswers,
    what: 'the last one to arrive counts',
    mistake: orderedByArrival,
  },
  {
    ...TWO_LEAD,
    fault: 'the sidecar claims falsely after a release',
    model: falseClaimAfterRelease,
    what: 'a reading of the last claim confirms',
    mistake: lastClaimConfirms,
  },
  {
    ...TWO_LEAD,
    fault: 'the clock is set back',
    model: clockSetBack,
    what: 'only the time in the record counts',
    mistake: onlyTheTimeInTheRecordCounts,
  },
  {
    ...TWO_LEAD,
    fault: 'an app sees an old record first',
    model: lateApp,
    what: 'only the time of the first sight counts',
    mistake: onlyTheFirstSightCounts,
  },
  {
    ...TWO_LEAD,
    fault: 'a pod has the name of a deleted one that lives on',
    model: recreatedPod,
    options: { identity: 'pod-1' },
    what: 'the owner of the record is ignored',
    mistake: ownerIsIgnored,
  },
];

describe.each(CASES)('if $fault, $promise', ({ model, judge, what, mistake, options }) => {
  test('by the rules', async () => {
    expect(await firstGuilty(model, lockedServices(polled, options), judge, 2 * SEEDS)).toBeUndefined();
  });

  test(`control: not if ${what}`, async () => {
    expect(await firstGuilty(model, lockedServices(mistake, options), judge, CONTROL_SEEDS)).toBeDefined();
  });
});
