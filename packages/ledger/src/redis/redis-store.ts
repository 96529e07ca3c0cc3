import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { cutError } from '../store/error-limit.ts';
import { byBytes } from '../store/order.ts';
import type { ClaimOutcome, InterruptedRun, RunRecord, Slot } from '../store/records.ts';
import type { RunStore } from '../store/run-store.ts';
import { selectSkips, selectTerms } from '../store/select-notes.ts';
import { RedisLink, type IoRedisClient, type NodeRedisClient } from './link.ts';
import { jobOf, runOf, skipOf, termOf } from './read.ts';
import * as scripts from './scripts.ts';

export interface RedisStoreOptions {
  /** What all keys begin with; `'cluster-leader'` by default. */
  readonly prefix?: string;
}

/**
 * Returns a store in Redis, version 6.2 or newer, which must not evict keys (`maxmemory-policy noeviction`).
 *
 * Takes a connected client of `ioredis` or `redis`, and never ends it. While that client is not connected, each call rejects
 * at once. A fail-over of Redis can lose the newest writes: a claim among them is made again, and its slot runs twice.
 *
 * @example
 * const ledger = new RunLedger({ namespace: 'billing', store: redisStore(new Redis(url)) });
 */
export function redisStore(client: IoRedisClient | NodeRedisClient, options: RedisStoreOptions = {}): RunStore {
  const isClient = client && ('call' in client || ('isReady' in client && 'sendCommand' in client));
  if (!isClient) throw invalidOption('client', client, 'a client of ioredis or redis');
  const { prefix = 'cluster-leader' } = requireKnownOptions(options, ['prefix']);
  if (typeof prefix !== 'string' || /[{}]/.test(prefix)) throw invalidOption('prefix', prefix, 'text without braces');
  return new RedisStore(new RedisLink(client, prefix));
}

/** How many runs one script looks at. */
const PAGE = 500;

const OUTCOMES: readonly ClaimOutcome[] = ['claimed', 'taken', 'clock-ahead', 'too-late'];

class RedisStore implements RunStore {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  migrate(): Promise<void> {
    return this.#link.prepare();
  }

  register: RunStore['register'] = async (namespace, jobs) => {
    if (jobs.length === 0) return [];
    return (await this.#link.run(scripts.REGISTER, namespace, { jobs })).map(jobOf);
  };

  claim: RunStore['claim'] = async ({ namespace, id, pod }, claims, limits) => {
    if (claims.length === 0) return [];
    const entries = claims.map(({ job, slot, madeUp, term, fencingToken }) => {
      const run = { job, slot: slot.getTime(), madeUp, term, token: fencingToken?.toString() };
      return { field: fieldOf({ job, slot }), run: { ...run, holder: id, pod, attempt: 1, state: 'running' } };
    });
    const reply = await this.#link.run(scripts.CLAIM, namespace, { holder: id, claims: entries, ...limits });
    return reply.map((answer) => OUTCOMES.find((outcome) => outcome === String(answer)) ?? 'taken');
  };

  release: RunStore['release'] = async ({ namespace, id }, slots) => {
    if (slots.length === 0) return;
    const entries = slots.map(({ job, slot }) => ({ job, slot: slot.getTime(), field: fieldOf({ job, slot }) }));
    await this.#link.run(scripts.RELEASE, namespace, { holder: id, slots: entries });
  };

  finish: RunStore['finish'] = async ({ namespace, id }, ends) => {
    if (ends.length === 0) return [];
    const entries = ends.map((end) => {
      const { attempt, state, error } = end;
      return { field: fieldOf(end), attempt, state, error: cutError(error) };
    });
    return (await this.#link.run(scripts.FINISH, namespace, { holder: id, ends: entries })).map((done) => done === 1);
  };

  unclaimed: RunStore['unclaimed'] = async (namespace, asked) => {
    const fields = asked.flatMap(({ job, slots }) => slots.map((slot) => fieldOf({ job, slot })));
    if (fields.length === 0) return asked.map(() => []);
    const free = (await this.#link.run(scripts.UNCLAIMED, namespace, { fields })).values();
    return asked.map(({ slots }) => slots.filter(() => free.next().value === 1));
  };

  settle: RunStore['settle'] = async (namespace, settlements) => {
    if (settlements.length === 0) return [];
    const entries = settlements.map(({ job, revision, upTo }) => ({ job, revision, upTo: upTo.getTime() }));
    return (await this.#link.run(scripts.SETTLE, namespace, { settlements: entries })).map((done) => done === 1);
  };

  beat: RunStore['beat'] = async ({ namespace, id }, expiryMs) => {
    const [now, lapsed] = await this.#link.run(scripts.BEAT, namespace, { holder: id, expiryMs });
    return { now: new Date(Number(now)), lapsed: lapsed === 1 };
  };

  interrupted: RunStore['interrupted'] = async (namespace, query) => {
    const runs = (await this.#link.run(scripts.INTERRUPTED, namespace, query)).map(runOf);
    return runs.map(({ job, slot, attempt, state, holder, pod }): InterruptedRun => {
      return { job, slot, attempt, state: state === 'running' ? state : 'interrupted', holder, pod };
    });
  };

  takeOver: RunStore['takeOver'] = async ({ namespace, id, pod }, lost, expiryMs) => {
    const { job, slot, attempt, state, holder, term, fencingToken } = lost;
    const held = { holder: id, pod, attempt: attempt + 1, state: 'running', madeUp: true };
    const [taken] = await this.#link.run(scripts.TAKE_OVER, namespace, {
      holder: id,
      field: fieldOf(lost),
      lost: { attempt, state, holder },
      expiryMs,
      run: { job, slot: slot.getTime(), term, token: fencingToken?.toString(), ...held },
    });
    return taken === undefined ? undefined : Number(taken);
  };

  note: RunStore['note'] = async ({ namespace, id, pod }, { terms, skips }) => {
    if (terms.length + skips.length === 0) return;
    await this.#link.run(scripts.NOTE, namespace, {
      terms: terms.map(({ fencingToken, from, to, ...term }) => ({
        field: JSON.stringify([id, term.election, term.number, from.getTime()]),
        term: { ...term, token: fencingToken?.toString(), from: from.getTime(), to: to?.getTime(), holder: id, pod },
      })),
      skips: skips.map(({ minute, ...skip }) => ({
        field: JSON.stringify([id, skip.job, skip.reason, minute.getTime()]),
        skip: { ...skip, minute: minute.getTime(), pod },
      })),
    });
  };

  prune: RunStore['prune'] = async (namespace, retentionMs) => {
    for (let offset = 0, seen = PAGE; seen === PAGE;) {
      const page = await this.#link.run(scripts.PRUNE_RUNS, namespace, { retentionMs, offset, page: PAGE });
      seen = Number(page[0]);
      offset += Number(page[1]);
    }
    await this.#link.run(scripts.PRUNE_NOTES, namespace, { retentionMs });
  };

  runs: RunStore['runs'] = async (namespace, { job, state, from, to, limit }) => {
    const found: RunRecord[] = [];
    const query = { job, state, from: from?.getTime(), to: to?.getTime(), page: PAGE };
    for (let offset = 0, seen = PAGE; seen === PAGE && found.length < limit; offset += PAGE) {
      const [looked, ...page] = await this.#link.run(scripts.SELECT_RUNS, namespace, { ...query, offset });
      found.push(...page.map(runOf));
      seen = Number(looked);
    }
    return found.slice(0, limit);
  };

  terms: RunStore['terms'] = async (namespace, query) =>
    selectTerms((await this.#link.run(scripts.SELECT_TERMS, namespace, {})).map(termOf), query);

  skips: RunStore['skips'] = async (namespace, query) =>
    selectSkips((await this.#link.run(scripts.SELECT_SKIPS, namespace, {})).map(skipOf), query);

  jobs: RunStore['jobs'] = async (namespace) => {
    const jobs = (await this.#link.run(scripts.SELECT_JOBS, namespace, {})).map(jobOf);
    return jobs.toSorted((a, b) => byBytes(a.job, b.job));
  };

  async close(): Promise<void> {}
}

/** The field of a run, which sorts runs of one slot by job. */
function fieldOf({ job, slot }: Slot): string {
  return `${slot.getTime()} ${job}`;
}
