import type { ClusterLeader, NotLeadingReason, Term } from '@cluster-leader/core';
import { inModuleContext } from '@cluster-leader/core/adapter-kit';
import type { Holder, SkipNote, TermNote } from '../store/records.ts';
import type { StoreLink } from '../store/store-link.ts';

const MINUTE_MS = 60_000;
/** How many notes are kept while the store does not answer; of more, the oldest are dropped. */
const MOST_KEPT = 10_000;

/** Collects terms and skips, and stores them about once a minute (ledger rule 22). They are for people: losing one harms no run. */
export class Notes {
  readonly #link: StoreLink;
  readonly #holder: Holder;
  /** By what identifies a term: its end replaces its beginning, since a store takes one note of each in a call. */
  #terms = new Map<string, TermNote>();
  #skips = new Map<string, SkipNote>();
  readonly #begun = new Map<Term, TermNote>();
  #timer: NodeJS.Timeout | undefined;

  constructor(link: StoreLink, holder: Holder) {
    this.#link = link;
    this.#holder = holder;
  }

  termBegan(leader: ClusterLeader, term: Term): void {
    if (term.number === undefined || this.#begun.has(term)) return;
    const { number, fencingToken, electedAt: from } = term;
    const note = { election: leader.status().election ?? 'default', number, fencingToken, from };
    this.#begun.set(term, note);
    this.#addTerm(note);
  }

  termEnded(term: Term, reason: NotLeadingReason): void {
    const note = this.#begun.get(term);
    if (note === undefined) return;
    this.#begun.delete(term);
    this.#addTerm({ ...note, to: new Date(), reason });
  }

  skipped(job: string, reason: string): void {
    const minute = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
    const key = `${minute.getTime()} ${reason} ${job}`;
    const count = (this.#skips.get(key)?.count ?? 0) + 1;
    this.#skips.set(key, { job, reason, minute, count });
    this.#storeLater();
  }

  /** Stores what has been collected; what the store does not answer to is kept for the next time. Never rejects. */
  async flush(): Promise<void> {
    this.stop();
    const terms = [...this.#terms];
    const skips = [...this.#skips.values()];
    if (terms.length + skips.length === 0) return;
    this.#terms.clear();
    try {
      const notes = { terms: terms.map(([, term]) => term), skips };
      await this.#link.call((store) => store.note(this.#holder, notes));
      this.#forget(skips);
    } catch {
      this.#terms = new Map([...terms, ...this.#terms]);
      dropOldest(this.#terms);
      dropOldest(this.#skips);
      this.#storeLater();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #addTerm(note: TermNote): void {
    this.#terms.set(`${note.election} ${note.number} ${note.from.getTime()}`, note);
    this.#storeLater();
  }

  /** A count is a total, so that one of a minute that goes on must be kept. */
  #forget(stored: readonly SkipNote[]): void {
    const thisMinuteMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    for (const { job, reason, minute, count } of stored) {
      const key = `${minute.getTime()} ${reason} ${job}`;
      if (minute.getTime() < thisMinuteMs && this.#skips.get(key)?.count === count) this.#skips.delete(key);
    }
    // What is left has been stored so far; the next skip stores it again.
  }

  #storeLater(): void {
    if (this.#timer !== undefined) return;
    inModuleContext(() => {
      this.#timer = setTimeout(() => void this.flush(), MINUTE_MS).unref();
    });
  }
}

function dropOldest(notes: Map<string, unknown>): void {
  for (const key of notes.keys()) {
    if (notes.size <= MOST_KEPT) return;
    notes.delete(key);
  }
}
