import type { Holder, SkipNote, SkipQuery, SkipRecord, TermNote, TermQuery, TermRecord } from '../store/records.ts';
import { selectSkips, selectTerms } from '../store/select-notes.ts';

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
    return selectTerms([...this.#terms.values()], query);
  }

  skips(query: SkipQuery): SkipRecord[] {
    return selectSkips([...this.#skips.values()], query);
  }
}
