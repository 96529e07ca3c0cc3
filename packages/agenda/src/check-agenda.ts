import { currentTerm, Leader, ManualSource } from '@cluster-leader/core';
import { Agenda } from 'agenda';
import { createGate } from './gate.ts';
import { ProbeRepository } from './probe-repository.ts';
import { refusal } from './refusal.ts';

/** Only an Agenda that calls nothing takes as long; a starved machine must not look like one. */
const LIMIT_MS = 10_000;
/** Short, so that Agenda's timers do not keep the process up for longer. */
const PROCESS_EVERY_MS = 20;

let checked: Promise<void> | undefined;

/** Checks once for the process; see {@link probeAgenda}. */
export function checkAgenda(): Promise<void> {
  checked ??= probeAgenda();
  return checked;
}

/**
 * Runs a job in memory through a gate, to see whether this version of Agenda does what the gate relies on.
 *
 * Rejects with ERR_INVALID_OPTION, and says what was called in which order, where it does not.
 */
export async function probeAgenda(): Promise<void> {
  const repository = new ProbeRepository();
  const source = new ManualSource();
  const leader = new Leader(source, { logger: {} });
  const become = (standing: 'leader' | 'follower'): void => source.become({ standing });
  const rules = { leader, isLeaderOnly: () => true, listed: [], maxAgeMs: Number.POSITIVE_INFINITY, retryOnLoss: true };
  const { backend } = createGate(repository.backend, rules);
  const agenda = new Agenda({ backend, processEvery: PROCESS_EVERY_MS, defaultLockLifetime: PROCESS_EVERY_MS });
  let losesItsTerm = false;
  agenda.define('probe', () => {
    repository.note(isInTerm() ? 'process' : 'process outside of a term');
    if (!losesItsTerm) return;
    become('follower');
    currentTerm().assertLeader();
  });

  const expect = async (what: string, expected: readonly string[], act: () => unknown): Promise<void> => {
    repository.calls.length = 0;
    const isOver = (): boolean =>
      repository.calls.length >= expected.length || repository.calls.some((call, index) => call !== expected[index]);
    await until(repository, isOver, act);
    if (repository.calls.join() === expected.join()) return;
    const rule = `a version that ${what} by ${expected.join(', ') || 'calling nothing'}`;
    throw refusal('agenda', repository.calls, rule);
  };
  try {
    repository.put('probe');
    await expect('leaves a job where the backend gives none', [], () => agenda.start());
    await expect('runs a job when it is notified', ['take', 'save', 'process', 'save'], () => become('leader'));
    losesItsTerm = true;
    await expect('puts a job back whose term has ended', ['take', 'save', 'process', 'save'], () => {
      repository.put('probe');
      become('follower');
      become('leader');
    });
    if (!repository.isFree || repository.hasFailed)
      throw refusal('agenda', repository.calls, 'a version that calls fail() on a job before it saves its end');
    repository.onCall = (call) => void (call === 'save' && become('follower'));
    await expect('drops a job that could not be saved as begun', ['take', 'save', 'save'], () => {
      repository.put('probe');
      become('follower');
      become('leader');
    });
    if (!repository.isFree)
      throw refusal('agenda', repository.calls, 'a version that saves no more than it is asked to');
  } finally {
    await agenda.stop(false);
    await leader.close();
  }
}

function isInTerm(): boolean {
  try {
    return !currentTerm().signal.aborted;
  } catch {
    return false;
  }
}

/** Acts, and waits for calls until `isReached`, for a limited time. */
async function until(repository: ProbeRepository, isReached: () => boolean, act: () => unknown): Promise<void> {
  const { onCall } = repository;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LIMIT_MS);
  repository.onCall = (call) => {
    onCall(call);
    if (isReached()) resolve();
  };
  await act();
  if (isReached()) resolve();
  await promise;
  clearTimeout(timer);
  repository.onCall = onCall;
}
