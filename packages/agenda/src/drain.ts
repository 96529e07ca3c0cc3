import {
  invalidOption,
  requireDuration,
  requireKnownOptions,
  withLimit,
  emitWarning,
} from '@cluster-leader/core/adapter-kit';
import type { Agenda, AgendaBackend, DrainResult } from 'agenda';
import { requireGate, type Gate } from './gate/gate.ts';
import type { GatedQueue } from './queue/gated-queue.ts';

/** Options of {@link drain}. */
export interface DrainLimits {
  /**
   * Maximum time to wait for jobs and the database, in milliseconds. Default 10 000.
   *
   * The terms of jobs that still run end one second before that, or after half of it if it is shorter than two seconds.
   * The rest of the time is for these jobs to be saved.
   */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait for running jobs early, as the limit does. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to close the database connection. Default: only if the backend reports that it opened it. */
  readonly closeConnection?: boolean | undefined;
}

/** Agenda's own result of a drain, and the number of jobs that were given back. */
export interface DrainOutcome extends DrainResult {
  /** How many jobs are free again: those that had not begun, and those that ended because their term did. */
  readonly givenBack: number;
}

const LIMITS = ['timeoutMs', 'signal', 'closeConnection'];
/** Time for jobs to be saved after their terms have ended, in milliseconds; at most half of the limit. */
const GRACE_MS = 1_000;

/**
 * Stops an Agenda: takes no more jobs, frees those that are locked and have not begun, and lets running jobs finish.
 *
 * Resolves within the limit even if a job or the database hangs. Shortly before the limit the terms of running jobs end,
 * and a job that rejects because of that goes back into the queue. A job that ignores its signal keeps its lock, and the
 * connection stays open until it has been saved. Rejects with ERR_INVALID_OPTION for a limit that cannot work.
 *
 * @example
 * process.once('SIGTERM', async () => {
 *   await drain(agenda);
 *   await leader.close();
 *   process.exit(); // Agenda's own timers keep the process alive
 * });
 */
export async function drain(agenda: Agenda, limits: DrainLimits = {}): Promise<DrainOutcome> {
  const gate = requireGate(agenda);
  const own = requireKnownOptions(limits, LIMITS);
  const { timeoutMs = 10_000, signal, closeConnection = gate.backend.ownsConnection === true } = own;
  requireDuration('timeoutMs', timeoutMs);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidOption('signal', signal, 'an AbortSignal');
  const limit = Promise.withResolvers<false>();
  const giveUp = (): void => limit.resolve(false);
  let timedOut = false;
  const graceMs = Math.min(GRACE_MS, timeoutMs / 2);
  const timer = setTimeout(() => {
    timedOut = true;
    giveUp();
  }, timeoutMs - graceMs);
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  try {
    const outcome = await drainUntil(limit.promise, graceMs, agenda, gate, closeConnection);
    return { ...outcome, timedOut, aborted: signal?.aborted === true };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

async function drainUntil(
  limit: Promise<false>,
  graceMs: number,
  agenda: Agenda,
  { queue, backend }: Gate,
  closeConnection: boolean,
): Promise<Pick<DrainOutcome, 'completed' | 'running' | 'givenBack'>> {
  const { runs } = queue;
  const before = { running: runs.running, retries: runs.retries };
  let givenBack = 0;
  const ended = queue.pause().then(async (count) => {
    givenBack = count;
    await runs.idle();
    return true;
  });
  const isIdle = await Promise.race([ended, limit]);
  if (!isIdle) runs.abort();
  const graceEndsAtMs = performance.now() + graceMs;
  // Jobs that go back are announced through the channel, so the connection stays open until then.
  const isOver = isIdle || (await withLimit(runs.idle(), graceMs));
  const { running } = runs;
  const retried = runs.retries - before.retries;
  const closed = close(agenda, queue, closeConnection ? backend : undefined);
  if (isIdle) await Promise.race([closed, limit]);
  else if (isOver) await withLimit(closed, graceEndsAtMs - performance.now());
  return { completed: before.running - running - retried, running, givenBack: givenBack + retried };
}

/** Waits for running jobs before it closes the connection: a job whose end is not saved would run again. */
async function close(agenda: Agenda, queue: GatedQueue, backend: AgendaBackend | undefined): Promise<void> {
  try {
    // A start() in progress would take jobs after the stop. Agenda exposes it only here; 6.2.0 does not expose it at all.
    await Promise.allSettled([Reflect.get(agenda, 'startPromise')]);
    await agenda.stop(false);
  } catch (error) {
    emitWarning(`Could not stop Agenda: ${String(error)}`);
  }
  queue.resume(); // the stopped Agenda takes no jobs, and may be started again
  try {
    await queue.runs.idle();
    await backend?.disconnect();
  } catch (error) {
    emitWarning(`Could not close the database connection: ${String(error)}`);
  }
}
