import { randomUUID } from 'node:crypto';

/** A document as MongoDB returns it. */
export type Row = Readonly<Record<string, unknown>>;

/** What the store uses of a `Db` of `mongodb`. */
export interface MongoDatabase {
  command(command: object, options?: object): Promise<Row>;
  collection(
    name: string,
    options?: object,
  ): {
    find(filter: object, options?: object): { toArray(): Promise<readonly Row[]> };
    listIndexes(options?: object): { toArray(): Promise<readonly Row[]> };
  };
}

/** One update of at most one document. */
export interface Update {
  readonly q: { readonly _id: unknown; readonly [condition: string]: unknown };
  readonly u: { readonly $set: object; readonly [operator: `$${string}`]: object };
}

/** How the driver reads documents, whatever the app has set for its own. */
const BSON = { promoteValues: true, promoteLongs: true, useBigInt64: false, ignoreUndefined: true, raw: false };

/** Bounds the size of a command: MongoDB refuses more than 16 MiB, and one entry can take 2 KiB of error text. */
const MOST_ENTRIES = 1_000;

const DUPLICATE_KEY = 11_000;

/**
 * The commands of one call of the store.
 *
 * Writes are sent as plain commands: unlike the methods of a collection, the driver gives those up when the signal aborts,
 * and does not send them a second time once a new primary is elected, which may be long after the call.
 */
export class MongoCall {
  readonly #db: MongoDatabase;
  readonly #signal: AbortSignal;
  readonly #deadline: number;

  constructor(db: MongoDatabase, signal: AbortSignal, deadline: number) {
    this.#db = db;
    this.#signal = signal;
    this.#deadline = deadline;
  }

  /** Returns the clock of the primary, which `$currentDate` uses as well. */
  async now(): Promise<Date> {
    const { localTime } = await this.command({ hello: 1 });
    if (!(localTime instanceof Date)) throw new Error('MongoDB did not tell its time.');
    return localTime;
  }

  /** Returns the matching documents as a majority of the replica set has them. */
  find(collection: string, filter: object, options: object = {}): Promise<readonly Row[]> {
    this.#requireTime();
    const settings = { ...BSON, readPreference: 'primary', readConcern: { level: 'majority' } };
    return this.#db
      .collection(collection, settings)
      .find(filter, { ...options, signal: this.#signal, maxTimeMS: this.#leftMs() })
      .toArray();
  }

  indices(collection: string): Promise<readonly Row[]> {
    this.#requireTime();
    return this.#db.collection(collection, BSON).listIndexes({ maxTimeMS: this.#leftMs() }).toArray();
  }

  /** Inserts documents, and returns the positions of those whose `_id` existed. */
  async insert(collection: string, documents: readonly object[]): Promise<ReadonlySet<number>> {
    const duplicates = new Set<number>();
    for (let start = 0; start < documents.length; start += MOST_ENTRIES) {
      const reply = await this.#write({ insert: collection, documents: documents.slice(start, start + MOST_ENTRIES) });
      for (const index of duplicatesIn(reply)) duplicates.add(start + index);
    }
    return duplicates;
  }

  /** Updates each document, or inserts it if there is none; returns whether all did, as opposed to a race for an `_id`. */
  async upsert(collection: string, updates: readonly Update[]): Promise<boolean> {
    let isComplete = true;
    for (let start = 0; start < updates.length; start += MOST_ENTRIES) {
      const page = updates.slice(start, start + MOST_ENTRIES).map((update) => ({ ...update, upsert: true }));
      isComplete = duplicatesIn(await this.#write({ update: collection, updates: page })).length === 0 && isComplete;
    }
    return isComplete;
  }

  /**
   * Updates documents, and returns for each update whether its query matched.
   *
   * MongoDB only counts the matches. If it was some, but not all, the mark that each update leaves behind tells them apart.
   */
  async updateEach(collection: string, updates: readonly Update[]): Promise<boolean[]> {
    const mark = randomUUID();
    const marked = updates.map(({ q, u }, index) => ({
      q,
      u: { ...u, $set: { ...u.$set, mark: `${mark} ${index}` } },
    }));
    let matched = 0;
    for (let start = 0; start < marked.length; start += MOST_ENTRIES) {
      const reply = await this.#write({ update: collection, updates: marked.slice(start, start + MOST_ENTRIES) });
      matched += Number(reply['n']);
    }
    if (matched === 0 || matched === updates.length) return updates.map(() => matched > 0);
    const marks = marked.map(({ u }) => u.$set.mark);
    const keys = updates.map(({ q: { _id: key } }) => key);
    const left = await this.find(collection, { _id: { $in: keys }, mark: { $in: marks } }, { projection: { mark: 1 } });
    const found = new Set(left.map((row) => row['mark']));
    return marks.map((own) => found.has(own));
  }

  async updateAll(collection: string, q: object, u: object): Promise<void> {
    await this.#write({ update: collection, updates: [{ q, u, multi: true }] });
  }

  async delete(collection: string, queries: readonly object[]): Promise<void> {
    for (let start = 0; start < queries.length; start += MOST_ENTRIES) {
      const deletes = queries.slice(start, start + MOST_ENTRIES).map((q) => ({ q, limit: 0 }));
      await this.#write({ delete: collection, deletes });
    }
  }

  command(command: object): Promise<Row> {
    this.#requireTime();
    return this.#db.command(command, { ...BSON, readPreference: 'primary', signal: this.#signal });
  }

  async #write(command: object): Promise<Row> {
    const leftMs = this.#leftMs();
    const writeConcern = { w: 'majority', wtimeout: leftMs };
    const reply = await this.command({ ...command, ordered: false, maxTimeMS: leftMs, writeConcern });
    // The write has taken effect on the primary, but a fail-over may lose it.
    if (reply['writeConcernError']) throw new Error('MongoDB did not confirm the write by a majority in time.');
    for (const { code } of errorsIn(reply)) {
      if (code !== DUPLICATE_KEY) throw new Error(`MongoDB refused a write with code ${code}.`);
    }
    return reply;
  }

  #leftMs(): number {
    return Math.max(1, Math.ceil(this.#deadline - performance.now()));
  }

  /** A timer fires late if the event loop is busy. */
  #requireTime(): void {
    this.#signal.throwIfAborted();
    if (performance.now() >= this.#deadline) throw new Error('The call took too long, so the rest of it was not made.');
  }
}

function duplicatesIn(reply: Row): number[] {
  return errorsIn(reply).map(({ index }) => index);
}

function errorsIn(reply: Row): { index: number; code: number }[] {
  const errors: unknown = reply['writeErrors'];
  if (!Array.isArray(errors)) return [];
  return errors.map((error: Row) => ({ index: Number(error['index']), code: Number(error['code']) }));
}
