import { ClusterLeaderError, endedByLoss, Leader, ManualSource, type Term } from '@cluster-leader/core';
import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { Agenda } from 'agenda';
import { requireGate } from './gate/gate.ts';

/**
 * Runs a job in a worker that Agenda has forked, with a term for `currentTerm()` if the job is leader-only.
 *
 * The term mirrors the parent's: its signal aborts when the parent loses leadership, ends or cancels the job. Its number
 * and date are not the parent's; they start anew in each worker. Rejects with the error of the job, or with
 * ERR_NOT_LEADER if the end of the term has ended it.
 *
 * @example
 * const [name, id] = process.argv.slice(2); // the arguments with which Agenda starts its fork helper
 * await runForkedJob(agenda, name, id);
 */
export async function runForkedJob(agenda: Agenda, name: string, jobId: string): Promise<void> {
  const { rules } = requireGate(agenda);
  if (process.send === undefined) {
    throw invalidOption('process.send', undefined, 'defined: call runForkedJob in a worker that Agenda has forked');
  }
  if (!rules.isLeaderOnly(name)) return agenda.runForkedJob(jobId);

  const source = new ManualSource({ standing: 'leader' });
  const leader = new Leader(source, { logger: {} });
  const endTerm = (): void => source.become({ standing: 'follower' });
  const onMessage = (message: unknown): void => void (message === 'cancel' && endTerm());
  process.on('message', onMessage);
  process.on('disconnect', endTerm);
  try {
    await new Promise((resolve) => setImmediate(resolve)); // messages that arrived while the worker was starting are delivered first
    if (!process.connected) endTerm();
    const result = await leader.runIfLeader((term) => run(agenda, jobId, term), { name });
    if (!result.ran) throw new ClusterLeaderError('ERR_NOT_LEADER', `The job ${name} was cancelled before it began.`);
  } finally {
    process.off('message', onMessage);
    process.off('disconnect', endTerm);
    await leader.close();
  }
}

/** Rejects with the plain ERR_NOT_LEADER even if the job has wrapped it, because the parent sees no more than its code. */
async function run(agenda: Agenda, jobId: string, { signal }: Term): Promise<void> {
  try {
    await agenda.runForkedJob(jobId);
  } catch (error) {
    throw endedByLoss(error) ? signal.reason : error;
  }
}
