import type { Agenda, AgendaBackend, DrainResult } from 'agenda';
import { gateOf, type Gate } from './gate.ts';
import type { GatedQueue } from './gated-queue.ts';
import { refusal, warn } from './refusal.ts';

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

const LONGEST_TIMER_MS = 2 ** 31 - 1;

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
  const { timeoutMs = 10_000, signal } = limits;
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS)) {
    throw refusal('timeoutMs', timeoutMs, `a number of milliseconds above 0 and up to ${LONGEST_TIMER_MS}`);
  }
  const { closeConnection = gate.backend.ownsConnection === true } = limits;
  const isOver = new AbortController();
  const timer = setTimeout(() => isOver.abort(), timeoutMs);
  const stopWaiting = AbortSignal.any([isOver.signal, ...(signal === undefined ? [] : [signal])]);
  const waited = new Promise<false>((resolve) => {
    if (stopWaiting.aborted) resolve(false);
    stopWaiting.addEventListener('abort', () => resolve(false));
  });
  try {
    return await drainWithin(agenda, gate, closeConnection, waited, () => ({
      timedOut: isOver.signal.aborted,
      aborted: signal?.aborted === true,
    }));
  } finally {
    clearTimeout(timer);
  }
}

async function drainWithin(
  agenda: Agenda,
  { queue, backend }: Gate,
  closeConnection: boolean,
  waited: Promise<false>,
  how: () => { timedOut: boolean; aborted: boolean },
): Promise<DrainOutcome> {
  const before = queue.running;
  let givenBack = 0;
  const ended = queue.pause().then(async (count) => {
    givenBack = count;
    await queue.idle();
    return true;
  });
  const isIdle = await Promise.race([ended, waited]);
  const { running } = queue;
  if (!isIdle) queue.abortRuns();
  const closed = close(agenda, queue, closeConnection ? backend : undefined);
  if (isIdle) await Promise.race([closed, waited]);
  else closed.catch((error) => warn(`Agenda could not be stopped: ${String(error)}`));
  return { completed: before - running, running, givenBack, ...how() };
}

/** What still runs saves its end, so that nobody runs it again. */
async function close(agenda: Agenda, queue: GatedQueue, backend: AgendaBackend | undefined): Promise<void> {
  try {
    await agenda.stop(false);
    await queue.idle();
    await backend?.disconnect();
  } finally {
    queue.resume();
  }
}
