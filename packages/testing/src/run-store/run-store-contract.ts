import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { ContractCase } from '../contract/adapter-contract.ts';
import * as claims from './claim-cases.ts';
import * as jobs from './job-cases.ts';
import { withRivals, type MountRunStore, type Rivals } from './mounted-store.ts';
import * as runs from './run-cases.ts';

type Case = (rivals: Rivals) => Promise<void>;

const CASES: readonly (readonly [id: string, title: string, run: Case])[] = [
  ['claim-once', 'gives a slot to one holder, and records what was claimed', claims.claimsOnce],
  ['claim-idempotent', 'answers the same holder as before while its run is unended', claims.claimsAgainForItsHolder],
  ['claim-bounds', 'refuses slots that its own clock finds too far ahead or too old', claims.refusesDistantSlots],
  ['claim-order', 'answers a batch in the order in which it was given', claims.answersInOrder],
  ['claim-many', 'claims 1 000 slots for two rivals at once, each for one of them', claims.claimsThousandSlots],
  ['claim-deadlock', 'does not deadlock on batches in opposite orders', claims.survivesReversedBatches],
  ['names', 'keeps jobs and namespaces of any script apart, byte by byte', claims.keepsNamesApart],
  ['milliseconds', 'keeps instants to the millisecond', claims.keepsMilliseconds],
  ['release', 'releases unbegun runs of the holder, and lets a sweep find them', claims.releasesUnbegun],
  ['release-attempt', 'releases nothing but first attempts', claims.releasesFirstAttemptOnly],
  ['finish', 'records an outcome only of the holder and its attempt, and once', runs.finishesItsOwn],
  ['abandon', 'lets an interrupted run be abandoned, and nothing else', runs.abandonsInterrupted],
  ['error', 'keeps 2 048 bytes of an error, in whole characters', runs.cutsErrors],
  ['unclaimed', 'finds the slots without a run', runs.findsUnclaimed],
  ['beat', 'notices a beat that has lapsed', runs.noticesBeats],
  ['beat-keeps', 'spares the runs of a holder that beats', runs.beatsKeepRuns],
  ['interrupted', 'finds runs that have lost their process', runs.findsInterrupted],
  ['take-over', 'lets one of two rivals take an interrupted run over', runs.takesOverOnce],
  ['runs', 'selects runs by job, state, period and limit', runs.selectsRuns],
  ['register', 'sets new and changed jobs to its now', jobs.registersOnce],
  ['settle', 'moves a watermark forward, of an unchanged job only', jobs.settlesForward],
  ['settle-once', 'lets one of two rivals move a watermark', jobs.settlesOnce],
  ['prune', 'prunes what is settled and not running', jobs.prunes],
  ['terms', 'keeps the end of a term', jobs.notesTerms],
  ['skips', 'sums up the skips of a pod', jobs.notesSkips],
];

export interface RunStoreContractOptions {
  /** The ids of the cases that the store documents as not supported; they are left out. Default: none. */
  readonly except?: readonly string[] | undefined;
}

/**
 * Returns the cases that every `RunStore` must pass, for any test runner.
 *
 * Each case opens the store twice, as two replicas do, and writes to a namespace of its own. Throws ERR_INVALID_OPTION.
 *
 * @example
 * for (const { title, run } of runStoreContract(() => postgresStore(pool))) it(title, run);
 */
export function runStoreContract(mount: MountRunStore, options: RunStoreContractOptions = {}): readonly ContractCase[] {
  if (typeof mount !== 'function') throw invalidOption('mount', mount, 'a function');
  const { except = [] } = requireKnownOptions(options, ['except']);
  if (!Array.isArray(except)) throw invalidOption('except', except, 'a list of ids of cases');
  const unknown = except.find((given) => !CASES.some(([id]) => id === given));
  if (unknown !== undefined) {
    throw invalidOption('except', unknown, `ids of cases, which are ${CASES.map(([id]) => id).join(', ')}`);
  }
  return CASES.filter(([id]) => !except.includes(id)).map(([id, title, run]) => {
    return { id, title, run: () => withRivals(mount, run) };
  });
}
