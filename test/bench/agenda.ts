import { gateBackend } from '@cluster-leader/agenda';
import { ClusterLeaderService } from '@cluster-leader/core';
import { Agenda, Job, toJobId, type AgendaBackend, type JobParameters, type JobRepository } from 'agenda';
import { backendOf, newSpace, startDatabases } from '../agenda/databases.ts';
import { startSidecar } from '../support/start-sidecar.ts';
import { median, round, show } from './statistics.ts';

// Measures what the gate adds to a job that does nothing: the time from its lock to its end, one job after another, with
// the checks of a real sidecar. The gate is measured in memory, because on a database the noise is larger than its cost.
const ROUNDS = 9;
const JOBS_IN_MEMORY = 5_000;
const JOBS = 200;

const sidecar = await startSidecar();
const leader = new ClusterLeaderService({ identity: 'self', mode: 'sidecar', url: sidecar.url, eventsUrl: false });
await leader.start();

const plainUs: number[] = [];
const gatedUs: number[] = [];
for (let turn = 0; turn < ROUNDS; turn += 1) {
  plainUs.push(await usOfJob(idleBackend(), JOBS_IN_MEMORY));
  gatedUs.push(await usOfJob(gated(idleBackend()), JOBS_IN_MEMORY));
}
const gateUs = median(gatedUs) - median(plainUs);

const databases = await startDatabases();
const shares: Record<string, object> = {};
for (const { kind, url } of databases) {
  const jobUs: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const backend = backendOf(kind, url, newSpace());
    jobUs.push(await usOfJob(backend, JOBS));
    await backend.disconnect();
  }
  const us = median(jobUs);
  shares[kind] = { 'a job, us': round(us), 'the gate, us': round(gateUs), 'share %': round((100 * gateUs) / us) };
}
show('agenda: what the gate adds to a job', shares);

await leader.close();
sidecar.stop();
await Promise.all(databases.map((database) => database.stop()));

function gated(backend: AgendaBackend): AgendaBackend {
  const gate = gateBackend(backend, { leader, leaderOnly: 'all' });
  gate.notificationChannel?.subscribe(() => {}); // as an Agenda does when it starts
  return gate;
}

/** A backend that does nothing, so that only Agenda and the gate take time. */
function idleBackend(): AgendaBackend {
  const calls = { getNextJobToRun: dueRow, saveJobState: nothing, unlockJob: nothing, unlockJobs: nothing };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the benchmark calls no other method
  const repository = calls as unknown as JobRepository;
  return { name: 'idle', repository, connect: nothing, disconnect: nothing };
}

async function nothing(): Promise<void> {}

async function dueRow(): Promise<JobParameters> {
  const due = { name: 'report', type: 'normal', priority: 0, data: {} } as const;
  return { ...due, _id: toJobId('1'), nextRunAt: new Date(0), lockedAt: new Date() };
}

/** Takes and runs jobs as Agenda does, one after another. */
async function usOfJob(backend: AgendaBackend, jobs: number): Promise<number> {
  const agenda = new Agenda({ backend });
  agenda.define('report', async () => {});
  await agenda.ready;
  if (backend.name !== 'idle') for (let job = 0; job < jobs; job += 1) await agenda.now('report', {});
  const startedMs = performance.now();
  for (let job = 0; job < jobs; job += 1) {
    const row = await agenda.db.getNextJobToRun('report', new Date(), new Date(0), undefined, undefined);
    if (row === undefined) throw new Error('The benchmark lost its leader.');
    await new Job(agenda, row, true).run();
  }
  return (1_000 * (performance.now() - startedMs)) / jobs;
}
