// One replica: an Agenda on a real database, with a leader that is controlled over IPC.
import { currentTerm } from '@cluster-leader/core';
import { drain, gateBackend } from '@cluster-leader/agenda';
import { fakeLeader } from '@cluster-leader/testing';
import { Agenda, type Job } from 'agenda';
import { backendOf } from '../databases.ts';
import type { JobName, Report, Order, ReplicaSettings } from './messages.ts';

const leader = fakeLeader();
let agenda: Agenda | undefined;
let isGated = false;

function report(message: Report): void {
  process.send?.(message);
}

function numberOf({ attrs }: Job): number {
  const { job }: { job?: unknown } = Object(attrs.data);
  return Number(job);
}

/** Takes a moment, so that leadership is sometimes lost during a job. */
async function work(job: Job): Promise<void> {
  const lockedAtMs = job.attrs.lockedAt?.getTime() ?? 0;
  report({ what: 'begun', job: numberOf(job), atMs: Date.now(), lockedAtMs, standing: leader.standing });
  await new Promise((resolve) => setTimeout(resolve, 20 + 40 * Math.random()));
  report({ what: 'ended', job: numberOf(job) });
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
    removeOnComplete: true, // each query of the Redis backend reads all jobs of a name, including those that are done
  });
  agenda.define<unknown>('leader-only', isGated ? workInTerm : async (job) => leader.gate(work)(job));
  agenda.define<unknown>('any-replica', async (job) => work(job));
  // Agenda also emits the events of other replicas' jobs, marked as remote.
  agenda.on(
    'complete',
    (job: Job, isRemote?: boolean) => isRemote !== true && report({ what: 'complete', job: numberOf(job) }),
  );
  agenda.on('error', (error: Error) => report({ what: 'error', message: error.message }));
  await agenda.start();
  report({ what: 'ready' });
}

async function carryOut(order: Order): Promise<void> {
  if (order.do === 'start') return start(order.settings);
  if (agenda === undefined) return undefined;
  switch (order.do) {
    case 'elect':
      leader.elect();
      return report({ what: 'elected' });
    case 'demote':
      leader.demote();
      return report({ what: 'demoted' });
    case 'now':
      await agenda.now(order.name, { job: order.job });
      return report({ what: 'scheduled', job: order.job });
    case 'schedule':
      await agenda.schedule(new Date(Date.now() + order.inMs), order.name, { job: order.job });
      return report({ what: 'scheduled', job: order.job });
    case 'end':
      await (isGated ? drain(agenda) : agenda.stop());
      return process.exit();
  }
}

process.on('message', (order: Order) => void carryOut(order));
