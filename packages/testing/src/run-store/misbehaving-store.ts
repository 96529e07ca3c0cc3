import type { RunStore } from '@cluster-leader/ledger';

/** How a store treats the next calls. */
export interface Misbehaviour {
  /** Rejects without any effect. */
  readonly isDown?: boolean;
  /** Takes effect, and then rejects: the reply is lost. */
  readonly losesReplies?: boolean;
  /** Takes effect this much later, in milliseconds. */
  readonly delayMs?: number;
  /** The verbs concerned; all of them by default. */
  readonly verbs?: readonly (keyof RunStore)[];
}

/** A store that misbehaves on demand. */
export interface MisbehavingStore extends RunStore {
  /** Replaces how the store treats calls from now on; `{}` makes it behave. */
  misbehave(how: Misbehaviour): void;
}

/**
 * Returns `store` with faults that a test turns on and off: down, slow, or with replies that get lost.
 *
 * Pass `memoryStore({ now })` with a clock of your own to test a skewed one as well.
 *
 * @example
 * const store = misbehavingStore(memoryStore());
 * store.misbehave({ losesReplies: true, verbs: ['claim'] });
 */
export function misbehavingStore(store: RunStore): MisbehavingStore {
  let current: Misbehaviour = {};
  const misbehave = (how: Misbehaviour): void => void (current = how);
  const treat = (verb: keyof RunStore) => {
    return async (...args: unknown[]): Promise<unknown> => {
      const how: Misbehaviour = current.verbs?.includes(verb) === false ? {} : current;
      if (how.isDown === true) throw new Error('The store is down, as the test wants it.');
      if (how.delayMs !== undefined) await new Promise((resolve) => void setTimeout(resolve, how.delayMs));
      const answer: unknown = await Reflect.apply(store[verb], store, args);
      if (how.losesReplies === true) throw new Error('The reply of the store is lost, as the test wants it.');
      return answer;
    };
  };
  // A proxy of an empty object, since a method of the store may be read-only.
  const proxy = new Proxy(Object.create(null), {
    get: (_, name: keyof MisbehavingStore) =>
      name === 'misbehave' ? misbehave : name in store ? treat(name) : undefined,
  });
  return proxy;
}
