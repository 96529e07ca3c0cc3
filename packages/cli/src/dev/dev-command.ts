import type { Dialect } from '@cluster-leader/testing';
import { parseDuration } from '@cluster-leader/core/adapter-kit';
import { environmentLeaseMs, leaseOption, readCommandLine, wholeNumber } from '../command-line/read-options.ts';
import { startReplicas, type ReplicaSet } from '../replicas/replica-set.ts';
import type { ReplicaView } from '../replicas/replica-view.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { onEndingSignal } from '../processes/received-signals.ts';
import type { DevView } from './dev-view.ts';
import { lineView } from './line-view.ts';
import { plain, withoutPasswords } from './screen/log-lines.ts';
import { narrate } from './narrate.ts';
import { screenView } from './screen/screen-view.ts';

const MOST_REPLICAS = 20;
const DIALECTS: readonly Dialect[] = ['leader-elector', 'leader-elector-head', 'nais'];

/** `cluster-leader dev`: runs a user's app as replicas on this machine until Ctrl-C, or until all have died. */
export async function dev(args: readonly string[]): Promise<number> {
  const { values, command } = readCommandLine(args, {
    replicas: { type: 'string' },
    lease: { type: 'string' },
    dialect: { type: 'string' },
    grace: { type: 'string' },
    restart: { type: 'boolean' },
  });
  const replicas = wholeNumber('--replicas', values.replicas ?? '3', 1, MOST_REPLICAS);
  const leaseDurationMs = leaseOption(values.lease) ?? environmentLeaseMs();
  const graceMs = parseDuration('--grace', values.grace ?? '5s');
  const dialect = dialectOf(values.dialect);
  const restart = values.restart === true;

  const over = Promise.withResolvers<void>();
  let isAsked = false;
  let demands = 0;
  let set: ReplicaSet | undefined;
  const end = (signal?: NodeJS.Signals): void => {
    isAsked = true;
    over.resolve();
    // A second request means not to wait. A closed output is not one: Ctrl-C ends both ends of a pipe.
    if (signal !== 'SIGHUP') demands += 1;
    if (demands > 1) void set?.close(0);
  };
  const unlisten = onEndingSignal(end);

  const isTerminal = process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb';
  const title = `lease ${leaseDurationMs / 1_000} s · ${plain(withoutPasswords(command.join(' ')))}`;
  const names = Array.from({ length: replicas }, (_, index) => `pod-${index + 1}`);
  const view = isTerminal ? screenView(title, end) : lineView(names);
  try {
    set = await startReplicas({
      command,
      replicas,
      leaseDurationMs,
      dialect,
      restart,
      graceMs,
      onOutput: (name, lines) => view.output(name, lines),
    });
    const tell = narrator(set, view);
    tell();
    view.show(set);
    const isDead = Promise.withResolvers<void>();
    const look = (): void => {
      tell();
      if (!isTerminal && !restart && isOver(set?.view() ?? [])) isDead.resolve();
    };
    set.on('change', look);
    look();
    await Promise.race([over.promise, isDead.promise]);
    view.ending();
    const died = set.view();
    await set.close(demands > 1 ? 0 : graceMs);
    return isAsked ? 0 : exitCodeOf(died);
  } finally {
    view.close();
    unlisten();
  }
}

function narrator(set: ReplicaSet, view: DevView): () => void {
  let before: readonly ReplicaView[] = [];
  let terms = 0;
  return () => {
    const after = set.view();
    const told = narrate(before, after, terms);
    ({ terms } = told);
    before = after;
    for (const sentence of told.sentences) view.say(sentence);
    view.refresh();
  };
}

function isOver(replicas: readonly ReplicaView[]): boolean {
  return replicas.every(({ state }) => state === 'dead');
}

function exitCodeOf(replicas: readonly ReplicaView[]): number {
  return replicas.every(({ exit }) => exit?.code === 0) ? 0 : 1;
}

function dialectOf(name: string | undefined): Dialect | undefined {
  const dialect = DIALECTS.find((known) => known === name);
  if (dialect !== undefined || name === undefined) return dialect;
  throw new UsageError(`--dialect is "${name}", but it must be one of ${DIALECTS.join(', ')}`);
}
