// One replica: an Agenda on a real database, and a leader that does what it is told over IPC.
import { currentTerm } from '@cluster-leader/core';
import { drain, gateBackend } from '@cluster-leader/agenda';
import { fakeLeader } from '@cluster-leader/testing';
import { Agenda, type Job } from 'agenda';
import { backendOf } from './databases.ts';
import type { JobName, News, Order, ReplicaSettings } from './messages.ts';

const leader = fakeLeader();
let agenda: Agenda | undefined;
let isGated = false;

function tell(news: News): void {
  process.send?.(news);
}

function numberOf({ attrs }: Job): number {
  const { job }: { job?: unknown } = Object(attrs.data);
  return Number(job);
}

/** A job that takes a moment, so that leadership is also lost while it runs. */
async function work(job: Job): Promise<void> {
  const lockedAtMs = job.attrs.lockedAt?.getTime() ?? 0;
  tell({ what: 'begun', job: numberOf(job), atMs: Date.now(), lockedAtMs, standing: leader.standing });
  await new Promise((resolve) => setTimeout(resolve, 20 + 40 * Math.random()));
  tell({ what: 'ended', job: numberOf(job) });
}

async function workInTerm(job: Job): Promise<void> {
  currentTerm().assertLeader();
  await work(job);
}

async function start({ kind, url, space, gate, processEveryMs, lockLifetimeMs }: ReplicaSettings): Promise<void> {
  const backend = backendOf(kind, url, space);
  isGated = gate === 'backend';
  const leaderOnly: JobName[] = ['leader-only'];
  agenda = new Agenda({
    backend: isGated ? gateBackend(backend, { leader, leaderOnly }) : backend,
    processEvery: processEveryMs,
    defaultLockLifetime: lockLifetimeMs,
    removeOnComplete: true, // each scan of the Redis backend goes through all jobs of a name, also those that are done
  });
  agenda.define<unknown>('leader-only', isGated ? workInTerm : async (job) => leader.gate(work)(job));
  agenda.define<unknown>('anybody', async (job) => work(job));
  // News of other replicas' jobs come as well, marked as remote.
  agenda.on(
    'complete',
    (job: Job, isRemote?: boolean) => isRemote !== true && tell({ what: 'complete', job: numberOf(job) }),
  );
  agenda.on('error', (error: Error) => tell({ what: 'error', message: error.message }));
  await agenda.start();
  tell({ what: 'ready' });
}

async function obey(order: Order): Promise<void> {
  if (order.do === 'start') return start(order.settings);
  if (agenda === undefined) return undefined;
  switch (order.do) {
    case 'elect':
      leader.elect();
      return tell({ what: 'elected' });
    case 'demote':
      leader.demote();
      return tell({ what: 'demoted' });
    case 'now':
      await agenda.now(order.name, { job: order.job });
      return tell({ what: 'scheduled', job: order.job });
    case 'schedule':
      await agenda.schedule(new Date(Date.now() + order.inMs), order.name, { job: order.job });
      return tell({ what: 'scheduled', job: order.job });
    case 'end':
      await (isGated ? drain(agenda) : agenda.stop());
      return process.exit();
  }
}

process.on('message', (order: Order) => void obey(order));
