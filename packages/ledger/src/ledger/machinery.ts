import type { ClusterLeader } from '@cluster-leader/core';
import { withLimit } from '@cluster-leader/core/adapter-kit';
import { TICK_MARGIN_MS } from '../catch-up/decide.ts';
import { MakeUp } from '../catch-up/make-up.ts';
import { Sweeper } from '../catch-up/sweeper.ts';
import { ClaimQueue } from '../claims/claim-queue.ts';
import { DoubtfulSlots } from '../claims/doubtful-slots.ts';
import { Notes } from '../notes/notes.ts';
import { Heartbeat } from '../runs/heartbeat.ts';
import { Outcomes } from '../runs/outcomes.ts';
import { Runner } from '../runs/runner.ts';
import type { Holder } from '../store/records.ts';
import { Recovery } from '../store/recovery.ts';
import { StoreLink } from '../store/store-link.ts';
import type { ResolvedLedgerOptions } from './ledger-options.ts';
import type { Reports } from './reports.ts';

/** A difference of clocks that is worth a warning, in milliseconds (ledger rule 6). */
const SKEW_MS = 1_000;

/** The parts of a ledger, connected to each other. */
export class Machinery {
  readonly link: StoreLink;
  readonly heartbeat: Heartbeat;
  readonly runner: Runner;
  readonly notes: Notes;
  readonly #options: ResolvedLedgerOptions;
  readonly #holder: Holder;
  readonly #reports: Reports;
  readonly #recovery: Recovery;
  readonly #doubtful: DoubtfulSlots;
  readonly #outcomes: Outcomes;
  readonly #makeUp: MakeUp;
  #isSkewed = false;

  /** `onRecovery` is called when the store answers again. */
  constructor(options: ResolvedLedgerOptions, holder: Holder, reports: Reports, onRecovery: () => void) {
    const { store, claimTimeoutMs, heartbeatMs, expiryMs, retentionMs } = options;
    this.#options = options;
    this.#holder = holder;
    this.#reports = reports;
    this.link = new StoreLink(store, claimTimeoutMs, {
      down: (error) => {
        reports.unavailable(error);
        this.#recovery.start();
      },
      up: () => {
        reports.available();
        onRecovery();
      },
      refused: (error) => reports.refused(error),
    });
    const { link } = this;
    this.heartbeat = new Heartbeat(link, holder, { heartbeatMs, expiryMs, onSkew: (ms) => this.#onSkew(ms) });
    this.#recovery = new Recovery(() => this.heartbeat.beat());
    this.notes = new Notes(link, holder);
    this.#doubtful = new DoubtfulSlots(link, holder);
    this.#outcomes = new Outcomes(link, holder);
    const { heartbeat, notes } = this;
    this.runner = new Runner({
      holder,
      heartbeat,
      claims: new ClaimQueue(link, holder, { aheadMs: TICK_MARGIN_MS, retentionMs }, this.#doubtful),
      doubtful: this.#doubtful,
      outcomes: this.#outcomes,
      reports,
      onSkip: (job, reason) => notes.skipped(job, reason),
    });
    this.#makeUp = new MakeUp({ link, holder, heartbeat, runner: this.runner, reports, expiryMs });
  }

  sweeper(leader: ClusterLeader): Sweeper {
    const { expiryMs, sweepMs, retentionMs } = this.#options;
    const parts = {
      link: this.link,
      holder: this.#holder,
      heartbeat: this.heartbeat,
      reports: this.#reports,
      expiryMs,
    };
    return new Sweeper(leader, parts, this.#makeUp, { sweepMs, retentionMs });
  }

  /** Ends all runs, waits for them for `drainMs` at most, and tells the store what it does not know yet. */
  async close(drainMs: number): Promise<readonly string[]> {
    this.#makeUp.stop();
    this.heartbeat.held.end('the ledger was closed', () => true);
    const left = drainMs === 0 ? [] : await this.runner.tracker.drain(drainMs);
    // Claims that are under way are given back, or their slots would be lost until they count as interrupted.
    const settling = [this.#outcomes.flush(), this.notes.flush(), this.heartbeat.held.whenSettled()];
    await withLimit(Promise.all(settling), this.#options.claimTimeoutMs);
    for (const part of [this.#recovery, this.#doubtful, this.#outcomes, this.notes, this.heartbeat]) part.stop();
    await this.link.close();
    return left;
  }

  #onSkew(skewMs: number): void {
    const isSkewed = Math.abs(skewMs) > SKEW_MS;
    if (isSkewed && !this.#isSkewed) this.#reports.clockSkew(Math.round(skewMs));
    this.#isSkewed = isSkewed;
  }
}
