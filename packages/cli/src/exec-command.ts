import { constants } from 'node:os';
import type { Term } from '@cluster-leader/core';
import { duration, readCommandLine, wholeNumber } from './command-line.ts';
import { leaderService } from './leader-service.ts';
import { startCommand, type SupervisedCommand } from './replicas/supervised-command.ts';
import type { Exit } from './replicas/supervisor-messages.ts';
import { untilSignals } from './ending-signals.ts';

const GRACE = '10s';
/** As a shell tells it. */
const NOT_STARTED: Exit = { code: 127, signal: null };

/** `cluster-leader exec`: runs a command on the leader alone, and ends it when leadership is lost. */
export async function exec(args: readonly string[]): Promise<number> {
  const { values, command } = readCommandLine(args, {
    grace: { type: 'string' },
    lease: { type: 'string' },
    'skip-code': { type: 'string' },
  });
  const graceMs = duration('--grace', values.grace ?? GRACE);
  const skipCode = wholeNumber('--skip-code', values['skip-code'] ?? '0', 0, 255);
  const leader = leaderService(values.lease, { push: true });
  const asked = untilSignals();
  const result = await leader.runIfLeader((term) => runInTerm(command, term, graceMs, asked));
  const { error } = leader.status();
  await leader.close();
  if (result.ran) return exitCode(result.value);
  say(`skipped, since this pod does not lead (${result.reason})${error === undefined ? '' : `. ${error}`}`);
  return skipCode;
}

async function runInTerm(
  command: readonly string[],
  term: Term,
  graceMs: number,
  asked: ReturnType<typeof untilSignals>,
): Promise<Exit> {
  let running: SupervisedCommand;
  try {
    running = await startCommand({ command, env: process.env, stdio: 'inherit' });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return NOT_STARTED;
  }
  // Who asks twice does not want to wait.
  void asked.second.then(() => running.signal('SIGKILL'));
  const lost = Promise.withResolvers<'SIGTERM'>();
  const lose = (): void => lost.resolve('SIGTERM');
  term.signal.addEventListener('abort', lose);
  if (term.signal.aborted) lose();
  const signal = await Promise.race([running.exited.then(() => undefined), lost.promise, asked.first]);
  if (signal === undefined) return running.exited;
  const why = term.signal.aborted ? 'leadership is lost' : `got ${signal}`;
  say(`${why}: the command gets ${signal}, and SIGKILL after ${graceMs / 1_000} s`);
  return running.end(graceMs, signal);
}

/** As a shell tells it. */
function exitCode({ code, signal }: Exit): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function say(what: string): void {
  process.stderr.write(`cluster-leader exec: ${what}\n`);
}
