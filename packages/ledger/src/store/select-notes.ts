import { byBytes } from './order.ts';
import type { SkipQuery, SkipRecord, TermQuery, TermRecord } from './records.ts';

/** Whether an instant is within the period of a query. */
export function isWithin(at: Date, { from, to }: TermQuery): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

/** Selects and sorts terms for a store that cannot do so itself. */
export function selectTerms(terms: readonly TermRecord[], query: TermQuery): TermRecord[] {
  return terms
    .filter(({ from }) => isWithin(from, query))
    .toSorted((a, b) => b.from.getTime() - a.from.getTime())
    .slice(0, query.limit);
}

/** Selects and sorts skips for a store that cannot do so itself, summed up over the holders of a pod. */
export function selectSkips(skips: readonly SkipRecord[], query: SkipQuery): SkipRecord[] {
  const ofPods = new Map<string, SkipRecord>();
  for (const skip of skips) {
    if (!isWithin(skip.minute, query) || (query.job ?? skip.job) !== skip.job) continue;
    const key = JSON.stringify([skip.pod, skip.job, skip.reason, skip.minute.getTime()]);
    ofPods.set(key, { ...skip, count: skip.count + (ofPods.get(key)?.count ?? 0) });
  }
  return [...ofPods.values()].toSorted(newestMinuteFirst).slice(0, query.limit);
}

function newestMinuteFirst(a: SkipRecord, b: SkipRecord): number {
  const byName = byBytes(a.job, b.job) || byBytes(a.reason, b.reason) || byBytes(a.pod, b.pod);
  return b.minute.getTime() - a.minute.getTime() || byName;
}
