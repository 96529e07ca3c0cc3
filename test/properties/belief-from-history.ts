import type { BeliefRules } from '../../packages/core/src/belief/belief.ts';
import { ageMs, type Instant } from '../../packages/core/src/belief/clock.ts';
import type { ElectorError } from '../../packages/core/src/sidecar/elector-error.ts';
import type { Observation } from '../../packages/core/src/belief/observation.ts';

/** A question that failed. */
export type Failure = Pick<ElectorError, 'reason' | 'wasSilent'>;

/** Everything that came of all questions, in the order in which it came. */
export type History = readonly (Observation | Failure)[];

/**
 * The belief rules told a second time, from all the answers that ever came instead of from what core remembers of them:
 * whether a process leads at `now`. Slow, and plain enough to be read beside the design.
 */
export function leadsByHistory(history: History, now: Instant, rules: BeliefRules): boolean {
  return leads(inOrder(answersIn(history)), wasSilentBefore(history), now, rules);
}

export function answersIn(history: History): readonly Observation[] {
  return history.filter((entry) => isAnswer(entry));
}

function isAnswer(entry: Observation | Failure): entry is Observation {
  return 'claim' in entry;
}

function leads(answers: readonly Observation[], wasSilent: boolean, now: Instant, rules: BeliefRules): boolean {
  const newest = answers.at(-1);
  const before = answers.at(-2);
  if (newest === undefined) return false;
  if (newest.claim === 'self') return isYoung(newest, now, rules) && isBeyondSuspicion(answers, wasSilent, rules);
  if (newest.claim === 'other' || before?.claim !== 'self') return false;
  // A leader doubts the first answer that names nobody.
  return isYoung(before, now, rules) && leads(answers.slice(0, -1), wasSilent, newest.answeredAt, rules);
}

/** Without those that were overtaken by the answer to a later question. */
function inOrder(answers: readonly Observation[]): readonly Observation[] {
  return answers.filter(({ question }, index) =>
    answers.slice(0, index).every((before) => before.question <= question),
  );
}

/** Whether the sidecar was silent before its first answer, and has not refused a connection since. */
function wasSilentBefore(history: History): boolean {
  const first = history.findIndex((entry) => isAnswer(entry));
  const known = history.slice(0, first + 1).findLast(({ wasSilent }) => wasSilent !== undefined);
  return known?.wasSilent === true;
}

/**
 * Whether no gap lies behind the newest claim, or another pod was named since, or claims without an answer between them
 * that names nobody have held long enough since.
 */
function isBeyondSuspicion(answers: readonly Observation[], wasSilent: boolean, rules: BeliefRules): boolean {
  const other = answers.findLastIndex(({ claim }) => claim === 'other');
  const gap = answers.findLastIndex(
    (answer, index) => index > other && isGapBefore(answer, answers.slice(0, index), rules),
  );
  const begin = gap === -1 && other === -1 && wasSilent ? 0 : gap;
  if (begin === -1 || rules.settleMs === 0) return true;
  const since = answers.slice(begin);
  return since.some(({ answeredAt }, from) => {
    if (since[from - 1]?.claim === 'self') return false; // is not the first of its row
    const end = since.findIndex(({ claim }, index) => index >= from && claim !== 'self');
    const row = since.slice(from, end === -1 ? undefined : end);
    return row.some(({ askedAt }) => askedAt.monotonicMs - answeredAt.monotonicMs >= rules.settleMs);
  });
}

/** A gap lies between two answers that named somebody, or before the first that did if others came before. */
function isGapBefore(
  { claim, askedAt }: Observation,
  before: readonly Observation[],
  { maxAgeMs }: BeliefRules,
): boolean {
  const known = before.findLast((answer) => answer.claim !== 'none') ?? before[0];
  if (claim === 'none' || known === undefined) return false;
  const passedMs = ageMs(known.askedAt, askedAt);
  return passedMs < 0 || passedMs >= maxAgeMs;
}

function isYoung({ askedAt }: Observation, now: Instant, { maxAgeMs }: BeliefRules): boolean {
  const passedMs = ageMs(askedAt, now);
  return passedMs >= 0 && passedMs < maxAgeMs;
}
