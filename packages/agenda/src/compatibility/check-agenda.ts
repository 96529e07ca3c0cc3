import { currentTerm, Leader, ManualSource } from '@cluster-leader/core';
import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { Agenda } from 'agenda';
import { createGate } from '../gate/gate.ts';
import { ProbeRepository } from './probe-repository.ts';

/** Only an Agenda that makes no call takes this long; a slow machine must not be mistaken for one. */
const LIMIT_MS = 10_000;
/** Short, because Agenda's timers keep the process alive for as long. */
const PROCESS_EVERY_MS = 20;

let checked: Promise<void> | undefined;

/** Runs {@link probeAgenda} once for the process. */
export function checkAgenda(): Promise<void> {
  checked ??= probeAgenda();
  return checked;
}

/**
 * Runs jobs in memory through a gate to check that this version of Agenda calls the backend as the gate expects.
 *
 * Rejects with ERR_INVALID_OPTION, which names the calls and their order, if it does not. A check of the version number
 * would refuse releases that work, and accept a fork that does not.
 */
export async function probeAgenda(): Promise<void> {
  const repository = new ProbeRepository();
  const source = new ManualSource();
  const leader = new Leader(source, { logger: {} });
  const become = (standing: 'leader' | 'follower'): void => source.become({ standing });
  const electWithJob = (): void => {
    repository.put('probe');
    become('follower');
    become('leader');
  };
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
  const require = (isMet: boolean, rule: string): void => {
    if (!isMet) throw invalidOption('agenda', repository.calls, `a version that ${rule}`);
  };
  const expectCalls = async (what: string, expected: readonly string[], act: () => unknown): Promise<void> => {
    await actUntilCalled(repository, expected, act);
    const isMet = repository.calls.join() === expected.join();
    require(isMet, `${what} with the calls ${expected.join(', ') || '(none)'}`);
  };

  try {
    repository.put('probe');
    await expectCalls('leaves a job that the backend does not return', [], () => agenda.start());
    await expectCalls('runs a job on a notification', ['take', 'save', 'process', 'save'], () => become('leader'));

    losesItsTerm = true;
    await expectCalls('puts back a job whose term has ended', ['take', 'save', 'process', 'save'], electWithJob);
    require(repository.isFree && !repository.hasFailed, 'calls fail() on a job before it saves its end');

    repository.onCall = (call) => void (call === 'save' && become('follower'));
    await expectCalls('drops a job whose start could not be saved', ['take', 'save', 'save'], electWithJob);
    require(repository.isFree, 'does not save a job again after it was given back');
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

/** Acts, and waits until the expected calls or a wrong one have been made, but no longer than the limit. */
async function actUntilCalled(
  repository: ProbeRepository,
  expected: readonly string[],
  act: () => unknown,
): Promise<void> {
  const { calls, onCall } = repository;
  calls.length = 0;
  const isOver = (): boolean =>
    calls.length >= expected.length || calls.some((call, index) => call !== expected[index]);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LIMIT_MS);
  repository.onCall = (call) => {
    onCall(call);
    if (isOver()) resolve();
  };
  await act();
  if (isOver()) resolve();
  await promise;
  clearTimeout(timer);
  repository.onCall = onCall;
}
