import type { BeliefRules } from '../../packages/core/src/belief/belief.ts';
import type { Instant } from '../../packages/core/src/belief/clock.ts';
import type { Observation } from '../../packages/core/src/belief/observation.ts';

/**
 * The belief rules told a second time, from all the answers that ever came instead of from what core remembers of them:
 * whether a process leads at `now`. Slow, and plain enough to be read beside the design.
 */
export function leadsByHistory(answers: readonly Observation[], now: Instant, rules: BeliefRules): boolean {
  const history = inOrder(answers);
  const newest = history.at(-1);
  const before = history.at(-2);
  if (newest === undefined) return false;
  if (newest.claim === 'self') return isYoung(newest, now, rules) && isSettled(history, rules);
  if (newest.claim === 'other' || before?.claim !== 'self') return false;
  // One answer that names nobody is doubted by whoever led when it came.
  return isYoung(before, now, rules) && leadsByHistory(history.slice(0, -1), newest.answeredAt, rules);
}

/** Without those that were overtaken by the answer to a later question. */
function inOrder(answers: readonly Observation[]): readonly Observation[] {
  const history: Observation[] = [];
  for (const answer of answers) {
    const newest = history.at(-1);
    if (newest === undefined || answer.askedAt.monotonicMs >= newest.askedAt.monotonicMs) history.push(answer);
  }
  return history;
}

function isYoung({ askedAt }: Observation, now: Instant, { maxAgeMs }: BeliefRules): boolean {
  return passedMs(askedAt, now) < maxAgeMs;
}

/** Whether the claims since the last gap, if all since then are claims, have held long enough. */
function isSettled(history: readonly Observation[], { maxAgeMs, settleMs }: BeliefRules): boolean {
  if (settleMs === 0) return true;
  const lastGap = history.findLastIndex((answer, index) => {
    const before = history[index - 1];
    return before !== undefined && passedMs(before.askedAt, answer.askedAt) >= maxAgeMs;
  });
  const since = history.slice(Math.max(0, lastGap));
  const first = since[0];
  const newest = since.at(-1);
  if (lastGap === -1 || first === undefined || newest === undefined) return true;
  if (since.some(({ claim }) => claim !== 'self')) return true;
  return newest.askedAt.monotonicMs - first.answeredAt.monotonicMs >= settleMs;
}

/** By the clock that says more. */
function passedMs(from: Instant, to: Instant): number {
  const monotonicMs = to.monotonicMs - from.monotonicMs;
  const wallMs = to.wallMs - from.wallMs;
  return wallMs > monotonicMs ? wallMs : monotonicMs;
}
