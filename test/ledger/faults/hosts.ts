import { endedByLoss } from '@cluster-leader/core';
import type { Run, RunLedger } from '@cluster-leader/ledger';
import { leaderCron } from '@cluster-leader/node-cron';
import type { FakeLeader } from '@cluster-leader/testing';
import { EVERY_SECOND } from './every-second.ts';
import type { Host, ReplicaSettings } from './messages.ts';

/** What the job does in one run. */
export type Work = (
  run: Pick<Run, 'slot' | 'attempt' | 'madeUp' | 'assertClaimed'>,
  signal: AbortSignal,
) => Promise<void>;

export interface HostParts {
  readonly leader: FakeLeader;
  readonly ledger: RunLedger;
  readonly interrupted: ReplicaSettings['interrupted'];
  readonly work: Work;
}

export interface RunningHost {
  stop(): Promise<void>;
}

/** Prints what node-cron reports, but for runs that end because they have to. */
const logger = {
  info(): void {},
  warn: console.warn,
  debug(): void {},
  error(message: string | Error, error: unknown = message): void {
    if (!endedByLoss(error)) console.error(error);
  },
};

/** Starts a scheduler in which the job is due every second. */
export async function startHost(host: Host, parts: HostParts): Promise<RunningHost> {
  if (host === 'node-cron') return startNodeCron(parts);
  if (host === 'node-cron-alone') return startNodeCronAlone(parts);
  const { startNest } = await import('./nest-host.ts'); // only what runs it pays for loading it
  return startNest(parts);
}

function startNodeCron({ leader, ledger, interrupted, work }: HostParts): RunningHost {
  const cron = leaderCron(leader, { ledger, catchUp: 'all', interrupted, logger, suppressMissedWarning: true });
  cron.schedule(EVERY_SECOND, ({ run }) => work(run, run.signal), { name: 'job' });
  return { stop: () => cron.shutdown() };
}

function startNodeCronAlone({ leader, work }: HostParts): RunningHost {
  const cron = leaderCron(leader, { logger, suppressMissedWarning: true });
  cron.schedule(EVERY_SECOND, ({ date, term }) => {
    return work({ slot: date, attempt: 1, madeUp: false, assertClaimed: () => {} }, term.signal);
  });
  return { stop: () => cron.shutdown() };
}
