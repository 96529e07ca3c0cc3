import { ClusterLeaderService } from '@cluster-leader/core';
import { Pool } from 'undici';
import { startSidecar } from '../support/start-sidecar.ts';
import { sideBySide, type Cost } from './side-by-side.ts';

export interface CheckCosts {
  readonly known: Readonly<Record<'isLeaderNow()' | 'await' | 'await isLeader()', Cost>>;
  readonly asked: Readonly<Record<'request' | 'fetch' | 'isLeader({ maxAgeMs: 0 })', Cost>>;
  /** The requests that 10 000 checks of one tick made, and how long these took. */
  readonly burst: { readonly requests: number; readonly tookMs: number };
}

const CHECKS = 100_000;
const REQUESTS = 1_000;
const JOBS = 10_000;

/** Measures what a check costs beside what it is made of. Only the ratios are comparable between machines. */
export async function measureChecks(rounds: number): Promise<CheckCosts> {
  const sidecar = await startSidecar();
  const service = new ClusterLeaderService({ identity: 'self', mode: 'sidecar', url: sidecar.url, eventsUrl: false });
  const pool = new Pool(sidecar.url.origin, { connections: 2 });
  await service.start();
  const known = await sideBySide(
    { rounds, times: CHECKS },
    {
      'isLeaderNow()': () => requireLeader(service.isLeaderNow()),
      await: async () => requireLeader(await later()),
      'await isLeader()': async () => requireLeader(await service.isLeader()),
    },
  );
  const asked = await sideBySide(
    { rounds, times: REQUESTS },
    {
      request: async () => void (await (await pool.request({ path: '/', method: 'GET' })).body.json()),
      fetch: async () => void (await (await fetch(sidecar.url)).json()),
      'isLeader({ maxAgeMs: 0 })': async () => requireLeader(await service.isLeader({ maxAgeMs: 0 })),
    },
  );
  const before = await sidecar.send('report');
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: JOBS }, () => service.isLeader({ maxAgeMs: 0 })));
  const tookMs = performance.now() - startedMs;
  const after = await sidecar.send('report');
  await service.close();
  await pool.close();
  sidecar.stop();
  return { known, asked, burst: { requests: after.requests - before.requests, tookMs } };
}

function later(): Promise<boolean> {
  return Promise.resolve(true);
}

/** Uses the value that is measured, so that it cannot be optimized away. */
function requireLeader(leads: boolean): void {
  if (!leads) throw new Error('The benchmark lost its leader.');
}
