import { cutError } from '../store/error-limit.ts';
import { newestFirst } from '../store/order.ts';
import type {
  ClaimLimits,
  ClaimOutcome,
  Holder,
  InterruptedQuery,
  InterruptedRun,
  RunEnd,
  RunQuery,
  RunRecord,
  Slot,
  SlotClaim,
  TakeOver,
} from '../store/records.ts';
import { isWithin } from '../store/select-notes.ts';

/** How many interrupted runs a store reports at once. */
const MOST_INTERRUPTED = 1_000;

/** The runs of one namespace, and when their holders were last alive. */
export class RunTable {
  readonly #runs = new Map<string, RunRecord>();
  readonly #beats = new Map<string, number>();

  claim(holder: Holder, claim: SlotClaim, limits: ClaimLimits, nowMs: number): ClaimOutcome {
    const run = this.#runs.get(keyOf(claim));
    if (run !== undefined) return isHeld(run, holder, 1) ? 'claimed' : 'taken';
    const slotMs = claim.slot.getTime();
    if (slotMs > nowMs + limits.aheadMs) return 'clock-ahead';
    if (slotMs < nowMs - limits.retentionMs) return 'too-late';
    const { job, slot, madeUp, term, fencingToken } = claim;
    const held = { state: 'running', attempt: 1, holder: holder.id, pod: holder.pod } as const;
    this.#put({ job, slot, madeUp, term, fencingToken, ...held, claimedAt: new Date(nowMs) });
    return 'claimed';
  }

  /** Deletes an unbegun run, and returns whether there was one. */
  release(holder: Holder, slot: Slot): boolean {
    const run = this.#runs.get(keyOf(slot));
    return run !== undefined && isHeld(run, holder, 1) && this.#runs.delete(keyOf(slot));
  }

  finish(holder: Holder, end: RunEnd, nowMs: number): boolean {
    const run = this.#runs.get(keyOf(end));
    if (run?.holder !== holder.id || run.attempt !== end.attempt) return false;
    if (run.state !== 'running' && !(run.state === 'interrupted' && end.state === 'abandoned')) return false;
    this.#put({ ...run, state: end.state, endedAt: new Date(nowMs), error: cutError(end.error) });
    return true;
  }

  has(slot: Slot): boolean {
    return this.#runs.has(keyOf(slot));
  }

  /** Records a beat, and returns when the one before it was. */
  beat(holder: Holder, nowMs: number): number | undefined {
    const before = this.#beats.get(holder.id);
    this.#beats.set(holder.id, nowMs);
    return before;
  }

  interrupted({ expiryMs, jobs, rerun }: InterruptedQuery, nowMs: number): InterruptedRun[] {
    const found: InterruptedRun[] = [];
    for (const run of this.#runs.values()) {
      const { job, slot, attempt, state, holder, pod } = run;
      const isLost = state === 'running' && jobs.includes(job) && this.#isSilent(run, expiryMs, nowMs);
      const isEnded = state === 'interrupted' && rerun.includes(job);
      if (isLost || isEnded) found.push({ job, slot, attempt, state, holder, pod });
    }
    return found.toSorted((a, b) => a.slot.getTime() - b.slot.getTime()).slice(0, MOST_INTERRUPTED);
  }

  takeOver(holder: Holder, lost: TakeOver, expiryMs: number, nowMs: number): number | undefined {
    const run = this.#runs.get(keyOf(lost));
    const attempt = lost.attempt + 1;
    if (run === undefined) return undefined;
    if (isHeld(run, holder, attempt)) return attempt;
    if (run.holder !== lost.holder || run.attempt !== lost.attempt || run.state !== lost.state) return undefined;
    if (run.state === 'running' && !this.#isSilent(run, expiryMs, nowMs)) return undefined;
    const { job, slot, term, fencingToken } = lost;
    const held = { state: 'running', attempt, holder: holder.id, pod: holder.pod, madeUp: true } as const;
    this.#put({ job, slot, term, fencingToken, ...held, claimedAt: new Date(nowMs) });
    return attempt;
  }

  /** Deletes old runs that have ended, unless they are later than their job's watermark; then the holders without runs. */
  prune(beforeMs: number, settledMs: (job: string) => number | undefined): void {
    const busy = new Set<string>();
    for (const [key, run] of this.#runs) {
      const slotMs = run.slot.getTime();
      if (run.state === 'running') busy.add(run.holder);
      else if (slotMs < beforeMs && slotMs <= (settledMs(run.job) ?? slotMs)) this.#runs.delete(key);
    }
    for (const [id, atMs] of this.#beats) if (atMs < beforeMs && !busy.has(id)) this.#beats.delete(id);
  }

  select(query: RunQuery): RunRecord[] {
    return [...this.#runs.values()]
      .filter((run) => (query.job ?? run.job) === run.job && (query.state ?? run.state) === run.state)
      .filter(({ slot }) => isWithin(slot, query))
      .toSorted(newestFirst)
      .slice(0, query.limit);
  }

  #put(run: RunRecord): void {
    this.#runs.set(keyOf(run), { ...run, slot: new Date(run.slot) });
  }

  #isSilent(run: RunRecord, expiryMs: number, nowMs: number): boolean {
    return nowMs - Math.max(run.claimedAt.getTime(), this.#beats.get(run.holder) ?? 0) >= expiryMs;
  }
}

function isHeld(run: RunRecord, holder: Holder, attempt: number): boolean {
  return run.holder === holder.id && run.state === 'running' && run.attempt === attempt;
}

function keyOf({ job, slot }: Slot): string {
  return `${slot.getTime()} ${job}`;
}
