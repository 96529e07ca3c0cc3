import { constants } from 'node:os';
import type { ClusterLeaderService, RunResult, Term } from '@cluster-leader/core';
import { parseDuration } from '@cluster-leader/core/adapter-kit';
import { readCommandLine, wholeNumber, withDefault } from '../command-line/read-options.ts';
import { leaderService } from '../leader-service.ts';
import { startCommand, type SupervisedCommand } from '../processes/supervised-command.ts';
import type { Exit } from '../processes/supervisor-messages.ts';
import { onEndingSignal, onMessageSignal } from '../processes/received-signals.ts';

const GRACE = '10s';
/** What `--wait` without a time stands for. */
const FOREVER = 'forever';
/** The work has not been done, and may be later: sysexits' EX_TEMPFAIL. */
const TRY_AGAIN = 75;
/** The exit code of a shell whose command cannot be started. */
const NOT_STARTED = 127;

/** Runs the command for a term, and resolves with the exit code. */
type Task = (term: Term) => Promise<number>;

/** `cluster-leader exec`: runs a command on the leader alone, and ends it when leadership is lost. */
export async function exec(args: readonly string[]): Promise<number> {
  const { values, command } = readCommandLine(withDefault(args, '--wait', FOREVER), {
    grace: { type: 'string' },
    lease: { type: 'string' },
    'skip-code': { type: 'string' },
    wait: { type: 'string' },
  });
  const graceMs = parseDuration('--grace', values.grace ?? GRACE);
  const skipCode = wholeNumber('--skip-code', values['skip-code'] ?? '0', 0, 255);
  const { wait } = values;
  const waitMs = wait === undefined || wait === FOREVER ? undefined : parseDuration('--wait', wait);
  const leader = leaderService(values.lease, { push: true });

  const giveUp = new AbortController();
  const { signal } = giveUp;
  let endedBy: NodeJS.Signals | undefined;
  const timer = waitMs === undefined ? undefined : setTimeout(() => giveUp.abort(), waitMs);
  const unlisten = onEndingSignal(
    (received) => {
      endedBy = received;
      giveUp.abort();
    },
    ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'],
  );
  const stopWaiting = (): void => {
    clearTimeout(timer);
    unlisten();
  };
  // There is nothing to forward these to yet, and by default most of them would end this process.
  onMessageSignal(() => {});
  const task: Task = (term) => {
    const run = runInTerm(command, term, graceMs);
    stopWaiting();
    return run;
  };
  const result = await (wait === undefined
    ? leader.runIfLeader(task, { signal })
    : runOnceElected(leader, task, signal));
  const { error } = leader.status();
  await leader.close();
  stopWaiting();
  if (result.ran) return result.value;
  if (endedBy !== undefined) {
    say(`received ${endedBy} before the command was started`);
    return codeOf(endedBy);
  }
  if (result.reason === 'follower') {
    say('skipped, since another pod leads');
    return skipCode;
  }
  if (signal.aborted) say(`skipped, since this pod was not elected within ${wait}`);
  else say(`skipped, since it is not known who leads (${result.reason})${error === undefined ? '' : `. ${error}`}`);
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
      // Otherwise leadership was lost again before the command could start.
      if (result.ran) return result;
    }
  } catch (error) {
    if (signal.aborted) return { ran: false, reason: 'closed' };
    throw error;
  }
}

async function runInTerm(command: readonly string[], term: Term, graceMs: number): Promise<number> {
  const lost = Promise.withResolvers<'lost'>();
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let demands = 0;
  // Signals that arrive while the command is being started are forwarded as soon as it runs.
  const starting = startCommand({ command, env: process.env, stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals): void =>
    void starting.then(
      (running) => running.signal(signal),
      () => {},
    );
  onMessageSignal(forward);
  onEndingSignal(
    (signal) => {
      demands += 1;
      asked.resolve(signal);
      // Asking twice means not to wait for the grace.
      if (demands > 1) forward('SIGKILL');
    },
    ['SIGINT', 'SIGTERM'],
  );
  term.signal.addEventListener('abort', () => lost.resolve('lost'));
  if (term.signal.aborted) lost.resolve('lost');
  let running: SupervisedCommand;
  try {
    running = await starting;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return NOT_STARTED;
  }
  const end = await Promise.race([running.exited, lost.promise, asked.promise]);
  if (typeof end === 'object') return exitCode(end);
  const signal = end === 'lost' ? 'SIGTERM' : end;
  const why = end === 'lost' ? 'leadership was lost' : `received ${end}`;
  say(`${why}: the command gets ${signal}, and SIGKILL after ${graceMs / 1_000} s`);
  const exit = await running.end(graceMs, signal);
  // However the command ended, its work may be unfinished.
  return end === 'lost' ? TRY_AGAIN : exitCode(exit);
}

/** The code with which a shell reports how its command ended. */
function exitCode({ code, signal }: Exit): number {
  return code ?? codeOf(signal);
}

function codeOf(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function say(what: string): void {
  process.stderr.write(`cluster-leader exec: ${what}\n`);
}
