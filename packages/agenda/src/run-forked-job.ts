import { setImmediate } from 'node:timers/promises';
import { ClusterLeaderError, endedByLoss, Leader, ManualSource, type Term } from '@cluster-leader/core';
import type { Agenda } from 'agenda';
import { gateOf } from './gate.ts';
import { refusal } from './refusal.ts';

/**
 * Runs a job in a worker that Agenda has forked, so that `currentTerm()` finds a term where the job is leader-only.
 *
 * The term is the parent's word: its signal aborts when the parent loses leadership, ends or cancels the job. Its number
 * and date do not cross the fork; they begin anew in each worker.
 *
 * @example
 * const [name, id] = process.argv.slice(2); // as Agenda starts its fork helper
 * await runForkedJob(agenda, name, id);
 */
export async function runForkedJob(agenda: Agenda, name: string, jobId: string): Promise<void> {
  const gate = gateOf(agenda.db);
  if (gate === undefined) throw refusal('agenda', agenda, 'one whose backend comes from gateBackend()');
  if (process.send === undefined)
    throw refusal('process.send', undefined, 'there: run it in a worker that Agenda has forked');
  if (!gate.queue.isLeaderOnly(name)) return agenda.runForkedJob(jobId);

  const source = new ManualSource({ standing: 'leader' });
  const leader = new Leader(source, { logger: {} });
  const end = (): void => source.become({ standing: 'follower' });
  const hear = (message: unknown): void => void (message === 'cancel' && end());
  process.on('message', hear);
  process.on('disconnect', end);
  try {
    await setImmediate(); // in which it hears what has happened while it came up
    if (!process.connected) end();
    const result = await leader.runIfLeader((term) => run(agenda, jobId, term), { name });
    if (!result.ran) throw new ClusterLeaderError('ERR_NOT_LEADER', `The job ${name} was cancelled before it began.`);
  } finally {
    process.off('message', hear);
    process.off('disconnect', end);
    await leader.close();
  }
}

/** Runs the job. How it wraps the end of its term is not seen by the parent, so it rejects with that itself. */
async function run(agenda: Agenda, jobId: string, { signal }: Term): Promise<void> {
  try {
    await agenda.runForkedJob(jobId);
  } catch (error) {
    throw endedByLoss(error) ? signal.reason : error;
  }
}
