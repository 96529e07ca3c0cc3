import { ClusterLeaderService } from '@cluster-leader/core';
import { Pool } from 'undici';
import { startSidecar } from '../support/start-sidecar.ts';
import { median, round, show } from './statistics.ts';

// Measures what a check costs. Only the ratios are comparable between machines.
const ROUNDS = 15;
const CHECKS = 100_000;
const REQUESTS = 1_000;
const JOBS = 10_000;

const sidecar = await startSidecar();
const service = new ClusterLeaderService({ identity: 'self', mode: 'sidecar', url: sidecar.url, eventsUrl: false });
const pool = new Pool(sidecar.url.origin, { connections: 2 });
await service.start();

const known = await sideBySide(CHECKS, {
  'a function that returns true': () => sink(yes()),
  'service.isLeaderNow()': () => sink(service.isLeaderNow()),
  'await of an async function': async () => sink(await yesLater()),
  'await service.isLeader()': async () => sink(await service.isLeader()),
});
show('check: a known standing', known);

const asked = await sideBySide(REQUESTS, {
  'undici request': async () => {
    const { body } = await pool.request({ path: '/', method: 'GET' });
    await body.json();
  },
  fetch: async () => void (await (await fetch(sidecar.url)).json()),
  'await service.isLeader({ maxAgeMs: 0 })': async () => sink(await service.isLeader({ maxAgeMs: 0 })),
});
show('check: one request to the sidecar after another', asked);

const before = await sidecar.send('report');
const startedMs = performance.now();
const answers = await Promise.all(Array.from({ length: JOBS }, () => service.isLeader({ maxAgeMs: 0 })));
const tookMs = performance.now() - startedMs;
const { requests } = await sidecar.send('report');
show('check: all jobs of one tick at once', {
  'isLeader({ maxAgeMs: 0 })': {
    jobs: answers.length,
    'took ms': round(tookMs),
    'requests, a poll may be among them': requests - before.requests,
  },
});

await service.close();
await pool.close();
sidecar.stop();

interface Cost {
  readonly 'ns each': number;
  readonly 'CPU ns each': number;
  readonly ratio: number;
}

/** Measures the subjects in turns, so that a disturbance affects all of them. Ratios are to the first. */
async function sideBySide(
  times: number,
  subjects: Readonly<Record<string, () => void | Promise<void>>>,
): Promise<Readonly<Record<string, Cost>>> {
  const costs = Object.entries(subjects).map(([name, run]) => ({
    name,
    run,
    ns: [] as number[],
    cpuNs: [] as number[],
  }));
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    for (const { run, ns, cpuNs } of costs) {
      const cpu = process.cpuUsage();
      const startedNs = process.hrtime.bigint();
      for (let time = 0; time < times; time += 1) {
        const result = run();
        if (result !== undefined) await result;
      }
      ns.push(Number(process.hrtime.bigint() - startedNs) / times);
      const { user, system } = process.cpuUsage(cpu);
      cpuNs.push((1_000 * (user + system)) / times);
    }
  }
  const first = median(costs[0]?.ns ?? []);
  const shown = costs.map(({ name, ns, cpuNs }) => [
    name,
    { 'ns each': median(ns), 'CPU ns each': median(cpuNs), ratio: round(median(ns) / first) },
  ]);
  return Object.fromEntries(shown);
}

function yes(): boolean {
  return true;
}

function yesLater(): Promise<boolean> {
  return Promise.resolve(yes());
}

/** Uses the result, so that the compiler cannot remove the call. */
function sink(leads: boolean): void {
  if (!leads) throw new Error('The benchmark lost its leader.');
}
