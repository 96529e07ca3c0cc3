import type { Term } from '@cluster-leader/core';
import { onEndingSignal, onMessageSignal } from '../processes/received-signals.ts';
import { startCommand, type SupervisedCommand } from '../processes/supervised-command.ts';
import { exitCodeOf, NOT_STARTED, TRY_AGAIN } from './exit-codes.ts';
import { say } from './say.ts';

/** The variable in which the command finds the fencing token of its term. */
const TOKEN_VARIABLE = 'CLUSTER_LEADER_FENCING_TOKEN';

/**
 * Runs a command until it ends, forwards signals to it, and ends it when the term ends: with SIGTERM, and with SIGKILL
 * after `graceMs`. Resolves with the exit code for `exec`.
 *
 * The command gets the term's fencing token in `CLUSTER_LEADER_FENCING_TOKEN`, if the term has one.
 */
export async function runInTerm(command: readonly string[], term: Term, graceMs: number): Promise<number> {
  // Signals that arrive while the command is being started are forwarded as soon as it runs.
  // Without a token, one of an outer exec must not reach the command.
  const env = { ...process.env, [TOKEN_VARIABLE]: term.fencingToken?.toString() };
  const starting = startCommand({ command, env, stdio: 'inherit' });
  const asked = forwardSignals(starting);
  const lost = untilEnded(term);
  let running: SupervisedCommand;
  try {
    running = await starting;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return NOT_STARTED;
  }
  const end = await Promise.race([running.exited, lost, asked]);
  if (typeof end === 'object') return exitCodeOf(end);
  const signal = end === 'lost' ? 'SIGTERM' : end;
  const why = end === 'lost' ? 'leadership was lost' : `received ${end}`;
  say(`${why}: sending ${signal} to the command, and SIGKILL after ${graceMs / 1_000} s`);
  const exit = await running.end(graceMs, signal);
  // Even if the command exits with 0, its work may be unfinished. The term may also have ended after the request to end.
  return term.signal.aborted ? TRY_AGAIN : exitCodeOf(exit);
}

/** Forwards signals to the command; resolves with the first one that asks for an end. A second one kills the command. */
function forwardSignals(starting: Promise<SupervisedCommand>): Promise<NodeJS.Signals> {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let requests = 0;
  const forward = (signal: NodeJS.Signals): void =>
    void starting.then(
      (running) => running.signal(signal),
      () => {},
    );
  onMessageSignal(forward);
  onEndingSignal(
    (signal) => {
      requests += 1;
      asked.resolve(signal);
      if (requests > 1) forward('SIGKILL');
    },
    ['SIGINT', 'SIGTERM'],
  );
  return asked.promise;
}

function untilEnded({ signal }: Term): Promise<'lost'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('lost');
    signal.addEventListener('abort', () => resolve('lost'));
  });
}
