import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fakeLeader, startElection } from '@cluster-leader/testing';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from 'example-postgres';
import { startRedis } from '../agenda/databases.ts';
import { programsOfPage, runProgram, type Program, type Source } from './programs.ts';

const JOBS = Array.from({ length: 60 }, (_, invoice) => invoice);
const LEASE_MS = 1_000;

const [scheduler, follower, followerInNest, ...others] = programsOfPage();

let redis: Database;
let folder: string;
let connection: { readonly url: string; readonly maxRetriesPerRequest: null };

beforeAll(async () => {
  redis = await startRedis();
  connection = { url: redis.url, maxRetriesPerRequest: null };
  folder = mkdtempSync(join(import.meta.dirname, 'program-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await redis.stop();
});

afterEach(async () => {
  const queues = ['invoices', 'reports'].map((name) => new Queue(name, { connection }));
  await Promise.all(queues.map((queue) => queue.obliterate({ force: true })));
  await Promise.all(queues.map((queue) => queue.close()));
});

it('runs every program of docs/queues.md', () => {
  expect(others).toEqual([]);
});

describe('A gate around a processor', () => {
  it('loses work: a follower completes all jobs without running any', async () => {
    const worked: unknown[] = [];
    const process = fakeLeader().gate(async (data: unknown) => void worked.push(data));
    const queue = openQueue('invoices');
    await queue.addBulk(JOBS.map((invoice) => ({ name: 'invoice', data: { invoice } })));
    const worker = new Worker('invoices', (job) => process(job.data), { connection });
    onTestFinished(() => worker.close());
    await once(worker, 'drained');
    expect(worked).toEqual([]);
    expect(await queue.getJobCounts('completed', 'waiting', 'failed')).toEqual({
      completed: JOBS.length,
      waiting: 0,
      failed: 0,
    });
  });
});

describe('A worker that follows the leader', () => {
  it('works on 60 of 60 jobs although its pod ends and a sidecar dies', async () => {
    const { replicas, printed, until, leave } = await startReplicas(follower);
    const queue = openQueue('invoices');
    await queue.addBulk(JOBS.map((invoice) => ({ name: 'invoice', data: { invoice } })));

    const begun = (): number => printed().filter((line) => line.startsWith('sending')).length;
    const sent = (): readonly string[] => printed().filter((line) => line.startsWith('sent'));

    await until(() => begun() === 10);
    const first = replicas.findIndex(({ lines }) => lines.length > 0);
    expect(await leave(first)).toBe(0); // the job in progress goes back

    await until(() => begun() >= 20);
    const second = replicas.findIndex(({ lines }, index) => index !== first && lines.length > 0);
    await leave(second, 'sidecar');

    await until(() => sent().length >= JOBS.length);
    expect(sent().toSorted()).toEqual(JOBS.map((invoice) => `sent ${invoice}`).toSorted());
    expect(replicas.map(({ lines }) => lines.length > 0)).toEqual([true, true, true]);
    expect(await queue.getJobCounts('failed', 'waiting')).toEqual({ failed: 0, waiting: 0 });
  });
});

describe('A NestJS processor that follows the leader', () => {
  it('runs jobs on the leader, and on the next leader after the first pod has ended', async () => {
    const { replicas, printed, until, leave } = await startReplicas(followerInNest);
    const sent = (): readonly string[] => printed().filter((line) => line.startsWith('sent'));
    const queue = openQueue('invoices');
    await queue.add('invoice', { invoice: 1 });
    await until(() => sent().length === 1);
    const first = replicas.findIndex(({ lines }) => lines.includes('sent 1'));
    await leave(first);
    await queue.add('invoice', { invoice: 2 });
    await until(() => sent().length === 2);
    expect(replicas[first]?.lines).not.toContain('sent 2');
    expect(await queue.getJobCounts('failed', 'waiting')).toEqual({ failed: 0, waiting: 0 });
  });
});

describe('A schedule that the leader writes', () => {
  it('is written once, and one of three replicas runs its job', async () => {
    const queue = openQueue('reports');
    const events = new QueueEvents('reports', { connection });
    onTestFinished(() => events.close());
    await events.waitUntilReady();
    const written = once(events, 'delayed');
    const { printed, until } = await startReplicas(scheduler);
    await written;
    await makeDue(queue);
    await until(() => printed().length > 0);
    expect(printed()).toHaveLength(1);
    expect(await queue.getJobSchedulersCount()).toBe(1);
  });

  it('would move a run that is due if it were written again', async () => {
    const queue = openQueue('reports');
    const write = () => queue.upsertJobScheduler('daily', { pattern: '0 2 * * *' }, { name: 'report' });
    await write();
    await makeDue(queue);
    await write();
    const [job] = await queue.getDelayed();
    expect(job?.delay).toBeGreaterThan(0);
  });

  it('keeps a run that became due while no worker ran', async () => {
    const queue = openQueue('reports');
    await queue.upsertJobScheduler('daily', { pattern: '0 2 * * *' }, { name: 'report' });
    const due = await makeDue(queue);
    const { printed, until } = await startReplicas(scheduler);
    await until(() => printed().length > 0);
    expect(printed()).toEqual([`reporting: ${due}`]);
  });
});

function openQueue(name: string): Queue {
  const queue = new Queue(name, { connection });
  onTestFinished(() => queue.close());
  return queue;
}

/** Makes the scheduled job due now, and resolves with its id. */
async function makeDue(queue: Queue): Promise<string | undefined> {
  const [job] = await queue.getDelayed();
  await job?.changeDelay(0);
  return job?.id;
}

interface Replicas {
  readonly replicas: readonly Program[];
  /** The lines that all of them have printed. */
  readonly printed: () => readonly string[];
  /** Resolves when `test` returns true; it is called after each printed line. */
  readonly until: (test: () => boolean) => Promise<void>;
  /** Ends a pod and resolves with the exit code of its app, or ends only its sidecar. */
  readonly leave: (index: number, what?: 'sidecar') => Promise<number | null>;
}

async function startReplicas(program: Source | undefined): Promise<Replicas> {
  if (program === undefined) throw new Error('docs/queues.md has too few programs.');
  const election = await startElection({ candidates: 3, leaseDurationMs: LEASE_MS });
  const emitter = new EventEmitter();
  const replicas = election.candidates.map(({ env }) =>
    runProgram(folder, program, { ...env, CLUSTER_LEADER_LEASE: `${LEASE_MS}ms`, REDIS_URL: redis.url }, () =>
      emitter.emit('line'),
    ),
  );
  onTestFinished(async () => {
    for (const replica of replicas) replica.kill();
    await election.close();
  });
  return {
    replicas,
    printed: () => replicas.flatMap(({ lines }) => lines),
    async until(test) {
      while (!test()) await once(emitter, 'line');
    },
    async leave(index, what) {
      const exitCode = what === undefined ? ((await replicas[index]?.end()) ?? null) : null;
      await election.candidates[index]?.kill();
      return exitCode;
    },
  };
}
