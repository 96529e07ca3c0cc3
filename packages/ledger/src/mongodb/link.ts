import { LATEST_EFFECT_MS } from '../store/run-store.ts';
import { MongoCall, type MongoDatabase } from './call.ts';

/** How long one call may take, over all of its commands: the rest of the latest effect is for the way of the last one. */
const LONGEST_CALL_MS = LATEST_EFFECT_MS - 1_000;

/** Gives each call its time, after which it sends nothing more. */
export class MongoLink {
  readonly #db: MongoDatabase;

  constructor(db: MongoDatabase) {
    this.#db = db;
  }

  async within<T>(work: (call: MongoCall) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const late = new Error(`MongoDB did not answer within ${LONGEST_CALL_MS} ms.`);
    const timer = setTimeout(() => limit.abort(late), LONGEST_CALL_MS);
    try {
      return await work(new MongoCall(this.#db, limit.signal, performance.now() + LONGEST_CALL_MS));
    } finally {
      clearTimeout(timer);
    }
  }
}
