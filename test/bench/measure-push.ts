import { ClusterLeaderService, type LeadershipEvents } from '@cluster-leader/core';
import { cpuWhile } from './cpu-while.ts';
import { startSidecar, type SidecarProcess } from '../support/start-sidecar.ts';

export interface PushTimes {
  /** From a lone change to the leader's event. */
  readonly loneMs: readonly number[];
  /** From a change 10 to 40 ms after another one to the leader's event. */
  readonly secondMs: readonly number[];
  /** The part of a core that this process used while no event came, and in a flood of 1 000 events a second. */
  readonly idleCpu: number;
  readonly floodCpu: number;
}

/** So long between two pairs that the token bucket is full again. */
const PAUSE_MS = 250;
const WARM_UP = 5;
const FLOOD_MS = 3_000;

/** Measures how soon a change is known over real HTTP and SSE, from one process to another, and what events cost. */
export async function measurePush(pairs: number): Promise<PushTimes> {
  const sidecar = await startSidecar();
  const eventsUrl = new URL('/sse', sidecar.url);
  const service = new ClusterLeaderService({ identity: 'self', mode: 'sidecar', url: sidecar.url, eventsUrl });
  const loneMs: number[] = [];
  const secondMs: number[] = [];
  await service.waitForLeadership();
  for (let pair = -WARM_UP; pair < pairs; pair += 1) {
    await pause(PAUSE_MS + 20 * Math.random());
    const lone = await change(service, sidecar, 'other', 'demoted');
    await pause(10 + 30 * Math.random());
    const second = await change(service, sidecar, 'self', 'elected');
    if (pair < 0) continue;
    loneMs.push(lone);
    secondMs.push(second);
  }
  const idleCpu = await cpuWhile(FLOOD_MS);
  await sidecar.send({ eventsPerSecond: 1_000 });
  const floodCpu = await cpuWhile(FLOOD_MS);
  await service.close();
  sidecar.stop();
  return { loneMs, secondMs, idleCpu, floodCpu };
}

async function change(
  service: ClusterLeaderService,
  sidecar: SidecarProcess,
  leader: string,
  event: keyof LeadershipEvents,
): Promise<number> {
  const noticed = new Promise<bigint>((resolve) => {
    const remove = service.on(event, () => {
      remove();
      resolve(process.hrtime.bigint());
    });
  });
  const { changedAtNs } = await sidecar.send({ leader });
  return Number((await noticed) - BigInt(changedAtNs)) / 1e6;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
