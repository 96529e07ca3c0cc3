import type { Agenda, AgendaBackend, DrainResult } from 'agenda';
import { gateOf, type Gate } from './gate.ts';
import type { GatedQueue } from './gated-queue.ts';
import { LONGEST_TIMER_MS, refusal, requireOptions, warn } from './refusal.ts';

export interface DrainLimits {
  /** How long to wait for jobs and the database, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting earlier. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to close the database connection. Default: where the backend says that it opened it. */
  readonly closeConnection?: boolean | undefined;
}

/** What became of the jobs. */
export interface DrainOutcome extends DrainResult {
  /** How many were locked ahead and are free again. */
  readonly givenBack: number;
}

const LIMITS = ['timeoutMs', 'signal', 'closeConnection'];

/**
 * Stops an Agenda: takes no more jobs, frees those that are locked and have not begun, and lets the others finish.
 *
 * It resolves within the limit whatever the jobs and the database do. At the limit the terms of the jobs that still run
 * end; they keep their locks, and the connection stays open until the last of them has saved its end.
 *
 * @example
 * process.once('SIGTERM', () => drain(agenda).then(() => leader.close()).finally(() => process.exit()));
 */
export async function drain(agenda: Agenda, limits: DrainLimits = {}): Promise<DrainOutcome> {
  const gate = gateOf(agenda.db);
  if (gate === undefined) throw refusal('agenda', agenda, 'one whose backend comes from gateBackend()');
  requireOptions('limits', limits, LIMITS);
  const { timeoutMs = 10_000, signal, closeConnection = gate.backend.ownsConnection === true } = limits;
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS)) {
    throw refusal('timeoutMs', timeoutMs, `a number of milliseconds above 0 and up to ${LONGEST_TIMER_MS}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw refusal('signal', signal, 'an AbortSignal');
  const limit = Promise.withResolvers<false>();
  const giveUp = (): void => limit.resolve(false);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    giveUp();
  }, timeoutMs);
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  try {
    const outcome = await drainUntil(limit.promise, agenda, gate, closeConnection);
    return { ...outcome, timedOut, aborted: signal?.aborted === true };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

async function drainUntil(
  limit: Promise<false>,
  agenda: Agenda,
  { queue, backend }: Gate,
  closeConnection: boolean,
): Promise<Pick<DrainOutcome, 'completed' | 'running' | 'givenBack'>> {
  const before = queue.running;
  let givenBack = 0;
  const ended = queue.pause().then(async (count) => {
    givenBack = count;
    await queue.idle();
    return true;
  });
  const isIdle = await Promise.race([ended, limit]);
  const { running } = queue;
  if (!isIdle) queue.abortRuns();
  const closed = close(agenda, queue, closeConnection ? backend : undefined);
  if (isIdle) await Promise.race([closed, limit]);
  return { completed: before - running, running, givenBack };
}

/** What still runs saves its end before the connection goes, so that nobody runs it again. */
async function close(agenda: Agenda, queue: GatedQueue, backend: AgendaBackend | undefined): Promise<void> {
  try {
    // A start under way would go on to take jobs afterwards. Agenda tells of one only here, and 6.2.0 does not yet.
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
