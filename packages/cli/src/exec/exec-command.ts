import type { ClusterLeaderService, RunResult, Term } from '@cluster-leader/core';
import { parseDuration } from '@cluster-leader/core/adapter-kit';
import { wholeNumber } from '../command-line/option-values.ts';
import { readCommandLine, withDefault } from '../command-line/read-options.ts';
import { leaderService } from '../leader-service.ts';
import { beforeStart } from './before-start.ts';
import { exitCodeOfSignal, TRY_AGAIN } from './exit-codes.ts';
import { runInTerm } from './run-in-term.ts';
import { say } from './say.ts';

/** The value of `--wait` without a time. */
const FOREVER = 'forever';

/** Runs the command in a term, and resolves with the exit code. */
type Task = (term: Term) => Promise<number>;

/** `cluster-leader exec`: runs a command on the leader only, and ends it when leadership is lost. */
export async function exec(args: readonly string[]): Promise<number> {
  const { values, command } = readCommandLine(withDefault(args, '--wait', FOREVER), {
    grace: { type: 'string' },
    lease: { type: 'string' },
    'skip-code': { type: 'string' },
    wait: { type: 'string' },
  });
  const graceMs = parseDuration('--grace', values.grace ?? '10s');
  const skipCode = wholeNumber('--skip-code', values['skip-code'] ?? '0', 0, 255);
  const { wait } = values;
  const waitMs = wait === undefined || wait === FOREVER ? undefined : parseDuration('--wait', wait);
  const leader = leaderService(values.lease, { push: true });

  const { giveUp, endedBy, stop } = beforeStart(waitMs);
  const task: Task = (term) => {
    const run = runInTerm(command, term, graceMs);
    stop();
    return run;
  };
  const result = await (wait === undefined
    ? leader.runIfLeader(task, { signal: giveUp })
    : runOnceElected(leader, task, giveUp));
  const { error } = leader.status();
  await leader.close();
  stop();
  if (result.ran) return result.value;
  const signal = endedBy();
  if (signal !== undefined) {
    say(`received ${signal} before the command was started`);
    return exitCodeOfSignal(signal);
  }
  if (result.reason === 'follower') {
    say('skipped, because another pod leads');
    return skipCode;
  }
  if (giveUp.aborted) say(`skipped, because this pod was not elected within ${wait}`);
  else say(`skipped, because the leader is unknown (${result.reason})${error === undefined ? '' : `. ${error}`}`);
  return TRY_AGAIN;
}

/** Waits until this pod leads, and then runs `task`; gives up when the signal aborts. */
async function runOnceElected(
  leader: ClusterLeaderService,
  task: Task,
  signal: AbortSignal,
): Promise<RunResult<number>> {
  say('waiting until this pod leads');
  try {
    for (;;) {
      await leader.waitForLeadership({ signal });
      const result = await leader.runIfLeader(task, { signal });
      // If it did not run, leadership was lost again before the command could start.
      if (result.ran) return result;
    }
  } catch (error) {
    if (signal.aborted) return { ran: false, reason: 'closed' };
    throw error;
  }
}
