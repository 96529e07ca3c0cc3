import type { Holder, InterruptedQuery, InterruptedRun, RunEnd, TakeOver } from '@cluster-leader/ledger';
import type { RunDocument, RunEntry } from './run-document.ts';

const LONGEST_ERROR_BYTES = 2_048;
const MOST_INTERRUPTED = 1_000;
/** A beat younger than this need not be written, in milliseconds. */
const BEAT_PERIOD_MS = 30_000;

/** Records ends as `RunStore.finish` says. */
export function finish(document: RunDocument, nowMs: number, holder: Holder, ends: readonly RunEnd[]): boolean[] {
  return ends.map(({ job, slot, attempt, state, error }) => {
    const run = document.jobs.get(job)?.runs.get(slot.getTime());
    if (run?.holder !== holder.id || run.attempt !== attempt) return false;
    if (run.state !== 'running' && !(run.state === 'interrupted' && state === 'abandoned')) return false;
    Object.assign(run, { state, endedAt: nowMs, error: error === undefined ? undefined : cut(error) });
    return true;
  });
}

/** Records a beat as `RunStore.beat` says, but writes it twice per `expiryMs` at most. */
export function beat(document: RunDocument, nowMs: number, holder: Holder, expiryMs: number): boolean {
  const last = document.beats.get(holder.id);
  if (last === undefined || nowMs - last >= Math.min(BEAT_PERIOD_MS, expiryMs / 2)) {
    document.beats.set(holder.id, nowMs);
  }
  return last !== undefined && nowMs - last >= expiryMs;
}

/** Finds runs that have lost their process, as `RunStore.interrupted` says. */
export function interrupted(document: RunDocument, nowMs: number, query: InterruptedQuery): InterruptedRun[] {
  const jobs = new Set(query.jobs);
  const rerun = new Set(query.rerun);
  const found: InterruptedRun[] = [];
  for (const [job, { runs }] of document.jobs) {
    for (const [slot, run] of runs) {
      const { attempt, holder, pod, state } = run;
      const isLost =
        state === 'running'
          ? jobs.has(job) && isSilent(document, nowMs, run, query.expiryMs)
          : state === 'interrupted' && rerun.has(job);
      if (!isLost) continue;
      const shown = state === 'running' ? state : 'interrupted';
      found.push({ job, slot: new Date(slot), attempt, state: shown, holder, pod });
    }
  }
  return found.toSorted((a, b) => a.slot.getTime() - b.slot.getTime()).slice(0, MOST_INTERRUPTED);
}

/** Takes a run over as `RunStore.takeOver` says. */
export function takeOver(
  document: RunDocument,
  nowMs: number,
  holder: Holder,
  lost: TakeOver,
  expiryMs: number,
): number | undefined {
  const run = document.jobs.get(lost.job)?.runs.get(lost.slot.getTime());
  if (run === undefined) return undefined;
  const next = lost.attempt + 1;
  if (run.holder === holder.id && run.attempt === next && run.state === 'running') return next;
  if (run.holder !== lost.holder || run.attempt !== lost.attempt || run.state !== lost.state) return undefined;
  if (run.state === 'running' && !isSilent(document, nowMs, run, expiryMs)) return undefined;
  Object.assign(run, {
    state: 'running',
    attempt: next,
    madeUp: true,
    holder: holder.id,
    pod: holder.pod,
    claimedAt: nowMs,
    endedAt: undefined,
    error: undefined,
    term: lost.term,
    token: lost.fencingToken?.toString(),
  });
  return next;
}

function isSilent({ beats }: RunDocument, nowMs: number, { claimedAt, holder }: RunEntry, expiryMs: number): boolean {
  return nowMs - Math.max(claimedAt, beats.get(holder) ?? 0) >= expiryMs;
}

function cut(error: string): string {
  const bytes = Buffer.from(error);
  if (bytes.length <= LONGEST_ERROR_BYTES) return error;
  // A decoder that expects more bytes leaves out half a character at the end.
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_ERROR_BYTES), { stream: true });
}
