import { byBytes } from '../store/order.ts';
import type { Holder, SkipNote, SkipQuery, SkipRecord, TermNote, TermQuery, TermRecord } from '../store/records.ts';

/** The terms and skips of one namespace. */
export class NoteTable {
  readonly #terms = new Map<string, TermRecord>();
  readonly #skips = new Map<string, SkipRecord>();

  noteTerm({ id, pod }: Holder, term: TermNote): void {
    const key = JSON.stringify([id, term.election, term.number, term.from.getTime()]);
    const known = this.#terms.get(key);
    const end = term.to === undefined ? { to: known?.to, reason: known?.reason } : {};
    this.#terms.set(key, { ...term, ...end, holder: id, pod });
  }

  noteSkip({ id, pod }: Holder, skip: SkipNote): void {
    const key = JSON.stringify([id, skip.job, skip.reason, skip.minute.getTime()]);
    const count = Math.max(skip.count, this.#skips.get(key)?.count ?? 0);
    this.#skips.set(key, { ...skip, count, pod });
  }

  prune(beforeMs: number): void {
    for (const [key, { to }] of this.#terms) if (to !== undefined && to.getTime() < beforeMs) this.#terms.delete(key);
    for (const [key, { minute }] of this.#skips) if (minute.getTime() < beforeMs) this.#skips.delete(key);
  }

  terms(query: TermQuery): TermRecord[] {
    return [...this.#terms.values()]
      .filter(({ from }) => isWithin(from, query))
      .toSorted((a, b) => b.from.getTime() - a.from.getTime())
      .slice(0, query.limit);
  }

  skips(query: SkipQuery): SkipRecord[] {
    const ofPods = new Map<string, SkipRecord>();
    for (const skip of this.#skips.values()) {
      if (!isWithin(skip.minute, query) || (query.job ?? skip.job) !== skip.job) continue;
      const key = JSON.stringify([skip.pod, skip.job, skip.reason, skip.minute.getTime()]);
      ofPods.set(key, { ...skip, count: skip.count + (ofPods.get(key)?.count ?? 0) });
    }
    return [...ofPods.values()]
      .toSorted(
        (a, b) =>
          b.minute.getTime() - a.minute.getTime() ||
          byBytes(a.job, b.job) ||
          byBytes(a.reason, b.reason) ||
          byBytes(a.pod, b.pod),
      )
      .slice(0, query.limit);
  }
}

/** Whether an instant is within the period of a query. */
export function isWithin(at: Date, { from, to }: TermQuery): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to);
}
