import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { RunStore } from '../store/run-store.ts';
import type { MongoDatabase } from './call.ts';
import { claim, finish, release, unclaimed } from './claims.ts';
import { migrate } from './collections.ts';
import { register, selectJobs, settle } from './jobs.ts';
import { MongoLink } from './link.ts';
import { note, prune, selectSkips, selectTerms } from './notes.ts';
import { beat, interrupted, selectRuns, takeOver } from './runs.ts';

/**
 * Returns a store in MongoDB, in collections of this database whose names begin with `cluster_leader_`.
 *
 * Takes a `Db` of `mongodb`, and never closes its client. Writes are confirmed by a majority, whatever the client is set to,
 * so a fail-over of the replica set loses none. A single server will do as well: no call needs a transaction. A release
 * instead marks its runs, moves the watermarks back and then deletes the runs; if the process dies in between, the run is
 * claimed again, or found as interrupted. A call sends nothing later than four seconds after it began.
 *
 * @example
 * const ledger = new RunLedger({ namespace: 'billing', store: mongoStore(client.db()) });
 */
export function mongoStore(db: MongoDatabase): RunStore {
  const isDatabase = typeof db?.command === 'function' && typeof db.collection === 'function';
  if (!isDatabase) throw invalidOption('db', db, 'a Db of mongodb, such as client.db()');
  return new MongoStore(new MongoLink(db));
}

class MongoStore implements RunStore {
  readonly #link: MongoLink;

  constructor(link: MongoLink) {
    this.#link = link;
  }

  migrate(): Promise<void> {
    return this.#link.within(migrate);
  }

  register: RunStore['register'] = async (namespace, jobs) =>
    jobs.length === 0 ? [] : this.#link.within((call) => register(call, namespace, jobs));

  claim: RunStore['claim'] = async (holder, claims, limits) =>
    claims.length === 0 ? [] : this.#link.within((call) => claim(call, holder, claims, limits));

  release: RunStore['release'] = async (holder, slots) => {
    if (slots.length > 0) await this.#link.within((call) => release(call, holder, slots));
  };

  finish: RunStore['finish'] = (holder, ends) => this.#link.within((call) => finish(call, holder, ends));

  unclaimed: RunStore['unclaimed'] = (namespace, asked) =>
    this.#link.within((call) => unclaimed(call, namespace, asked));

  settle: RunStore['settle'] = (namespace, settlements) =>
    this.#link.within((call) => settle(call, namespace, settlements));

  beat: RunStore['beat'] = (holder, expiryMs) => this.#link.within((call) => beat(call, holder, expiryMs));

  interrupted: RunStore['interrupted'] = (namespace, query) =>
    this.#link.within((call) => interrupted(call, namespace, query));

  takeOver: RunStore['takeOver'] = (holder, run, expiryMs) =>
    this.#link.within((call) => takeOver(call, holder, run, expiryMs));

  note: RunStore['note'] = (holder, notes) => this.#link.within((call) => note(call, holder, notes));

  prune: RunStore['prune'] = (namespace, retentionMs) =>
    this.#link.within((call) => prune(call, namespace, retentionMs));

  runs: RunStore['runs'] = (namespace, query) => this.#link.within((call) => selectRuns(call, namespace, query));

  terms: RunStore['terms'] = (namespace, query) => this.#link.within((call) => selectTerms(call, namespace, query));

  skips: RunStore['skips'] = (namespace, query) => this.#link.within((call) => selectSkips(call, namespace, query));

  jobs: RunStore['jobs'] = (namespace) => this.#link.within((call) => selectJobs(call, namespace));

  async close(): Promise<void> {}
}
