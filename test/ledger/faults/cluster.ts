import { EventEmitter, once } from 'node:events';
import { Pool } from 'pg';
import { newSpace } from '../../agenda/databases.ts';
import type { ReplicaSettings, Report, SlotReport, StoreAddress } from './messages.ts';
import { Replica } from './replica.ts';
import { everySecond, tally, type Tally } from './tally.ts';
import { Traces, type Trace } from './traces.ts';

export interface ClusterOptions extends Partial<Pick<ReplicaSettings, 'host' | 'interrupted' | 'expiryMs' | 'workMs'>> {
  readonly store: StoreAddress;
  readonly traceUrl: string;
}

/** What is left of a job's calls once all replicas have ended. */
interface Outcome extends Tally {
  readonly traces: readonly Trace[];
}

/** Replicas of one app with the same store, each in its own process, and all that they report. */
export class Cluster {
  readonly reports: Report[] = [];
  readonly #options: ClusterOptions;
  readonly #space: string = newSpace();
  readonly #pool: Pool;
  readonly #traces: Traces;
  readonly #replicas: Replica[] = [];
  readonly #news = new EventEmitter();
  #lost: Error | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#pool = new Pool({ connectionString: options.traceUrl });
    this.#traces = new Traces(this.#pool, this.#space);
  }

  /** Creates the table of traces; the replicas need it. */
  async prepare(): Promise<this> {
    await this.#traces.create();
    return this;
  }

  /** Starts a replica, which is a follower. */
  async start(pod: string, clockAheadMs?: number): Promise<Replica> {
    const {
      host = 'node-cron',
      interrupted = 'rerun',
      expiryMs = 10_000,
      workMs = 50,
      store,
      traceUrl,
    } = this.#options;
    const settings = { host, pod, store, traceUrl, space: this.#space, interrupted, expiryMs, workMs };
    const onReport = (report: Report): void => {
      this.reports.push(report);
      this.#news.emit('report');
    };
    const onLost = (error: Error): void => {
      this.#lost = error;
      this.#news.emit('report');
    };
    const replica = new Replica({ settings, clockAheadMs, onReport, onLost });
    this.#replicas.push(replica);
    return replica.ready();
  }

  /** Resolves with the slot of the next report of a kind. */
  async next(kind: SlotReport['what']): Promise<number> {
    const before = this.slots(kind).length;
    await this.until(() => this.slots(kind).length > before);
    return this.slots(kind)[before] ?? Number.NaN;
  }

  /** Resolves when the slots of all seconds from the first one that began up to `lastMs` have ended, or were `reported`. */
  async untilCovered(lastMs: number, ...reported: readonly SlotReport['what'][]): Promise<void> {
    await this.until(() => {
      const done = new Set(this.slots('ended', ...reported));
      const firstMs = Math.min(...this.slots('began'));
      return Number.isFinite(firstMs) && everySecond(firstMs, lastMs).every((slot) => done.has(slot));
    });
  }

  /** The slots of all reports of these kinds. */
  slots(...kinds: readonly Report['what'][]): number[] {
    return this.reports.flatMap((report) => ('slotMs' in report && kinds.includes(report.what) ? [report.slotMs] : []));
  }

  /** How many reports of a kind there are. */
  count(kind: Report['what']): number {
    return this.reports.filter(({ what }) => what === kind).length;
  }

  /** Resolves when a condition on what is reported is fulfilled. */
  async until(isFulfilled: () => boolean): Promise<void> {
    while (!isFulfilled()) {
      if (this.#lost !== undefined) throw this.#lost;
      await once(this.#news, 'report');
    }
  }

  /** Ends all replicas, and resolves with what their jobs have done up to a slot. */
  async outcome(lastMs: number): Promise<Outcome> {
    await this.#endReplicas();
    const traces = await this.#traces.upTo(lastMs);
    return { ...tally(traces, lastMs), traces };
  }

  async end(): Promise<void> {
    await this.#endReplicas();
    await this.#traces.drop();
    await this.#pool.end();
  }

  async #endReplicas(): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => replica.end()));
  }
}
