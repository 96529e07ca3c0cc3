import { gateBackend } from '@cluster-leader/agenda';
import { ClusterLeaderService } from '@cluster-leader/core';
import { Agenda, Job, toJobId, type AgendaBackend, type JobParameters, type JobRepository } from 'agenda';
import { backendOf, newSpace, startDatabases } from '../agenda/databases.ts';
import { startSidecar } from './start-sidecar.ts';
import { median, round, show } from './statistics.ts';

// What does the gate cost of what a job costs anyhow? CPU of this process, with the checks of a real sidecar.
const ROUNDS = 9;
const JOBS_ALONE = 5_000;
const JOBS_REAL = 500;

const sidecar = await startSidecar();
const leader = new ClusterLeaderService({ identity: 'self', mode: 'sidecar', url: sidecar.url, eventsUrl: false });
await leader.start();

const plainUs: number[] = [];
const gatedUs: number[] = [];
for (let turn = 0; turn < ROUNDS; turn += 1) {
  plainUs.push(await runAlone(idleBackend()));
  gatedUs.push(await runAlone(gated(idleBackend())));
}
const gateUs = median(gatedUs.slice(2)) - median(plainUs.slice(2)); // the first turns warm up

const databases = await startDatabases();
const shares: [string, object][] = [];
for (const { kind, url } of databases) {
  const jobUs: number[] = [];
  const gatedJobUs: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    jobUs.push(await runOn(backendOf(kind, url, newSpace())));
    gatedJobUs.push(await runOn(gated(backendOf(kind, url, newSpace()))));
  }
  shares.push([
    kind,
    {
      'a job, CPU us': round(median(jobUs)),
      'the gate, CPU us': round(gateUs),
      'share %': round((100 * gateUs) / median(jobUs)),
      // Of two long runs on a database; the difference drowns in the noise between them.
      'gated / plain': round(median(gatedJobUs) / median(jobUs)),
    },
  ]);
}
show('agenda: what the gate costs of a job', Object.fromEntries(shares));

await leader.close();
sidecar.stop();
await Promise.all(databases.map((database) => database.stop()));

function gated(backend: AgendaBackend): AgendaBackend {
  const gate = gateBackend(backend, { leader, leaderOnly: 'all' });
  gate.notificationChannel?.subscribe(() => {}); // as an Agenda does that has started
  return gate;
}

/** A backend that does nothing, so that only Agenda and the gate cost anything. */
function idleBackend(): AgendaBackend {
  const calls = { getNextJobToRun: dueRow, saveJobState: nothing, unlockJob: nothing, unlockJobs: nothing };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else is called here
  const repository = calls as unknown as JobRepository;
  return { name: 'idle', repository, connect: nothing, disconnect: nothing };
}

async function nothing(): Promise<void> {}

async function dueRow(): Promise<JobParameters> {
  const due = { name: 'report', type: 'normal', priority: 0, data: {} } as const;
  return { ...due, _id: toJobId('1'), nextRunAt: new Date(0), lockedAt: new Date() };
}

/** Takes and runs jobs as Agenda does, one after the other; microseconds of CPU for each. */
async function runAlone(backend: AgendaBackend): Promise<number> {
  const agenda = new Agenda({ backend });
  agenda.define('report', async () => {});
  await agenda.ready;
  return cpuUsOf(JOBS_ALONE, async () => {
    for (let count = 0; count < JOBS_ALONE; count += 1) {
      const row = await agenda.db.getNextJobToRun('report', new Date(), new Date(0), undefined, undefined);
      if (row === undefined) throw new Error('The benchmark lost its leader.');
      await new Job(agenda, row, true).run();
    }
  });
}

/** The same on a database, from the start of an Agenda to the end of its last job. */
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
  const cost = await cpuUsOf(JOBS_REAL, async () => {
    await agenda.start();
    await promise;
  });
  await agenda.stop();
  return cost;
}

async function cpuUsOf(times: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
