// What the gate costs of a job's own cost. Exits with 1 where it is more than 1 %.
import { gateBackend } from '@cluster-leader/agenda';
import { ClusterLeaderService, type ClusterLeader } from '@cluster-leader/core';
import { startElection } from '@cluster-leader/testing';
import { Agenda, Job, toJobId, type AgendaBackend, type JobParameters, type JobRepository } from 'agenda';
import { backendOf, newSpace, startDatabases } from './databases.ts';

const ROUNDS = 9;
const JOBS_ALONE = 5_000;
const JOBS_REAL = 500;
const LIMIT = 0.01;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** CPU time of this process for `work`, in microseconds. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** A backend that does nothing, so that only Agenda and the gate cost anything. */
function emptyBackend(): AgendaBackend {
  const row = (): JobParameters => ({
    _id: toJobId('1'),
    name: 'report',
    type: 'normal',
    priority: 0,
    nextRunAt: new Date(0),
    data: {},
    lockedAt: new Date(),
  });
  const done = async (): Promise<void> => {};
  const calls = { getNextJobToRun: async () => row(), saveJobState: done, unlockJob: done, unlockJobs: done };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else is called here
  return { name: 'empty', repository: calls as unknown as JobRepository, connect: done, disconnect: done };
}

/** Takes and runs jobs as Agenda does, one after the other. */
async function runAlone(backend: AgendaBackend): Promise<number> {
  const agenda = new Agenda({ backend });
  agenda.define('report', async () => {});
  await agenda.ready;
  const cpu = await cpuOf(async () => {
    for (let count = 0; count < JOBS_ALONE; count += 1) {
      const row = await agenda.db.getNextJobToRun('report', new Date(), new Date(0), undefined, undefined);
      if (row === undefined) throw new Error('It does not lead.');
      await new Job(agenda, row, true).run();
    }
  });
  return cpu / JOBS_ALONE;
}

async function runOn(backend: AgendaBackend): Promise<number> {
  const agenda = new Agenda({ backend, maxConcurrency: JOBS_REAL });
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = JOBS_REAL;
  agenda.define('report', async () => {});
  agenda.on('complete', () => {
    left -= 1;
    if (left === 0) resolve();
  });
  await agenda.ready;
  for (let job = 0; job < JOBS_REAL; job += 1) await agenda.now('report', {});
  const cpu = await cpuOf(async () => {
    await agenda.start();
    await promise;
  });
  await agenda.stop();
  return cpu / JOBS_REAL;
}

function gated(backend: AgendaBackend, leader: ClusterLeader): AgendaBackend {
  return gateBackend(backend, { leader, leaderOnly: 'all' });
}

const election = await startElection({ candidates: 1, processes: true });
const leader = new ClusterLeaderService({ url: election.candidates[0]?.url, identity: election.candidates[0]?.name });
await leader.start();
const differences: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const plain = await runAlone(emptyBackend());
  differences.push((await runAlone(gated(emptyBackend(), leader))) - plain);
}
const cost = median(differences.slice(2)); // the first rounds warm up
let isFine = true;
for (const { kind, url, stop } of await startDatabases()) {
  const own = median([await runOn(backendOf(kind, url, newSpace())), await runOn(backendOf(kind, url, newSpace()))]);
  const share = cost / own;
  isFine &&= share < LIMIT;
  console.log(
    `${kind}: a job costs ${own.toFixed(0)} us of CPU, the gate ${cost.toFixed(1)} us of it more: ${(100 * share).toFixed(2)} %`,
  );
  await stop();
}
await leader.close();
await election.close();
process.exit(isFine ? 0 : 1); // Agenda's timers would hold it for minutes
