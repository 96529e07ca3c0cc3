import { requireDuration, requireKnownOptions, withLimit } from '@cluster-leader/core/adapter-kit';
import type { Agenda, AgendaBackend, DrainResult } from 'agenda';
import { gateOf, type Gate } from './gate.ts';
import type { GatedQueue } from './gated-queue.ts';
import { refusal, warn } from './refusal.ts';

export interface DrainLimits {
  /**
   * How long to wait for jobs and the database, in milliseconds. Default 10 000.
   *
   * The terms of jobs that still run end a second before, or after half of it if it is shorter than two seconds. That
   * time is for these jobs to be saved.
   */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting earlier. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to close the database connection. Default: where the backend says that it opened it. */
  readonly closeConnection?: boolean | undefined;
}

/** What became of the jobs. */
export interface DrainOutcome extends DrainResult {
  /** How many are free again: those that had not begun, and those that ended because their term did. */
  readonly givenBack: number;
}

const LIMITS = ['timeoutMs', 'signal', 'closeConnection'];
/** How long jobs have to be saved after their term has ended, in milliseconds, but at most half of the limit. */
const GRACE_MS = 1_000;

/**
 * Stops an Agenda: takes no more jobs, frees those that are locked and have not begun, and lets the others finish.
 *
 * It resolves within the limit whatever the jobs and the database do. Shortly before, the terms of the jobs that still
 * run end: a job that rejects by that goes back into the queue. One that does not react keeps its lock, and the
 * connection stays open until it has saved its end.
 *
 * @example
 * process.once('SIGTERM', async () => {
 *   await drain(agenda);
 *   await leader.close();
 *   process.exit(); // Agenda's own timers would go on
 * });
 */
export async function drain(agenda: Agenda, limits: DrainLimits = {}): Promise<DrainOutcome> {
  const gate = gateOf(agenda.db);
  if (gate === undefined) throw refusal('agenda', agenda, 'one whose backend comes from gateBackend()');
  requireKnownOptions(limits, LIMITS);
  const { timeoutMs = 10_000, signal, closeConnection = gate.backend.ownsConnection === true } = limits;
  requireDuration('timeoutMs', timeoutMs);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw refusal('signal', signal, 'an AbortSignal');
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
  const before = { running: queue.running, retries: queue.retries };
  let givenBack = 0;
  const ended = queue.pause().then(async (count) => {
    givenBack = count;
    await queue.idle();
    return true;
  });
  const isIdle = await Promise.race([ended, limit]);
  if (!isIdle) queue.abortRuns();
  const graceEndsAtMs = performance.now() + graceMs;
  const isOver = isIdle || (await withLimit(queue.idle(), graceMs)); // before the channel goes that announces jobs
  const { running } = queue;
  const retried = queue.retries - before.retries;
  const closed = close(agenda, queue, closeConnection ? backend : undefined);
  if (isIdle) await Promise.race([closed, limit]);
  else if (isOver) await withLimit(closed, graceEndsAtMs - performance.now());
  return { completed: before.running - running - retried, running, givenBack: givenBack + retried };
}

/** What still runs saves its end before the connection goes, so that nobody runs it again. */
async function close(agenda: Agenda, queue: GatedQueue, backend: AgendaBackend | undefined): Promise<void> {
  try {
    // A start that is under way would go on to take jobs afterwards. Agenda shows it only here, and 6.2.0 not at all.
    await Promise.allSettled([Reflect.get(agenda, 'startPromise')]);
    await agenda.stop(false);
  } catch (error) {
    warn(`Agenda could not be stopped: ${String(error)}`);
  }
  queue.resume(); // it has stopped, so nothing is taken until it is started again
  try {
    await queue.idle();
    await backend?.disconnect();
  } catch (error) {
    warn(`The connection could not be closed: ${String(error)}`);
  }
}
