import { requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import type { RunStore } from '../store/run-store.ts';
import { JobTable } from './job-table.ts';
import { NoteTable } from './note-table.ts';
import { RunTable } from './run-table.ts';

export interface MemoryStoreOptions {
  /** The store's clock, in milliseconds since 1970; `Date.now` by default. */
  readonly now?: () => number;
}

/**
 * Returns a store in the memory of this process, for tests and for apps that consist of one process.
 *
 * Other replicas do not see it, and it forgets everything when the process ends.
 *
 * @example
 * const ledger = new RunLedger({ namespace: 'test', store: memoryStore() });
 */
export function memoryStore(options: MemoryStoreOptions = {}): RunStore {
  const { now = () => Date.now() } = requireKnownOptions(options, ['now']);
  return new MemoryStore(now);
}

class Space {
  readonly jobs = new JobTable();
  readonly runs = new RunTable();
  readonly notes = new NoteTable();
}

class MemoryStore implements RunStore {
  readonly #now: () => number;
  readonly #spaces = new Map<string, Space>();

  constructor(now: () => number) {
    this.#now = now;
  }

  async migrate(): Promise<void> {}

  register: RunStore['register'] = async (namespace, jobs) =>
    jobs.map((schedule) => this.#space(namespace).jobs.register(schedule, this.#now()));

  claim: RunStore['claim'] = async (holder, claims, limits) =>
    claims.map((claim) => this.#space(holder.namespace).runs.claim(holder, claim, limits, this.#now()));

  release: RunStore['release'] = async (holder, slots) => {
    const { jobs, runs } = this.#space(holder.namespace);
    for (const slot of slots) if (runs.release(holder, slot)) jobs.moveBehind(slot.job, slot.slot);
  };

  finish: RunStore['finish'] = async (holder, ends) =>
    ends.map((end) => this.#space(holder.namespace).runs.finish(holder, end, this.#now()));

  unclaimed: RunStore['unclaimed'] = async (namespace, asked) =>
    asked.map(({ job, slots }) => slots.filter((slot) => !this.#space(namespace).runs.has({ job, slot })));

  settle: RunStore['settle'] = async (namespace, settlements) =>
    settlements.map((settlement) => this.#space(namespace).jobs.settle(settlement));

  beat: RunStore['beat'] = async (holder, expiryMs) => {
    const nowMs = this.#now();
    const beforeMs = this.#space(holder.namespace).runs.beat(holder, nowMs);
    return { now: new Date(nowMs), lapsed: beforeMs !== undefined && nowMs - beforeMs >= expiryMs };
  };

  interrupted: RunStore['interrupted'] = async (namespace, query) =>
    this.#space(namespace).runs.interrupted(query, this.#now());

  takeOver: RunStore['takeOver'] = async (holder, run, expiryMs) =>
    this.#space(holder.namespace).runs.takeOver(holder, run, expiryMs, this.#now());

  note: RunStore['note'] = async (holder, { terms, skips }) => {
    const { notes } = this.#space(holder.namespace);
    for (const term of terms) notes.noteTerm(holder, term);
    for (const skip of skips) notes.noteSkip(holder, skip);
  };

  prune: RunStore['prune'] = async (namespace, retentionMs) => {
    const { jobs, runs, notes } = this.#space(namespace);
    const beforeMs = this.#now() - retentionMs;
    runs.prune(beforeMs, (job) => jobs.settledMs(job));
    notes.prune(beforeMs);
  };

  runs: RunStore['runs'] = async (namespace, query) => this.#space(namespace).runs.select(query);

  terms: RunStore['terms'] = async (namespace, query) => this.#space(namespace).notes.terms(query);

  skips: RunStore['skips'] = async (namespace, query) => this.#space(namespace).notes.skips(query);

  jobs: RunStore['jobs'] = async (namespace) => this.#space(namespace).jobs.all();

  async close(): Promise<void> {}

  #space(namespace: string): Space {
    let space = this.#spaces.get(namespace);
    if (space === undefined) this.#spaces.set(namespace, (space = new Space()));
    return space;
  }
}
