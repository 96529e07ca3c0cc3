import { setTimeout as sleep } from 'node:timers/promises';
import { startElection, type Dialect } from '@cluster-leader/testing';
import { Pod } from './pod.ts';
import type { Scenario } from './scenarios.ts';

/** The lease of the election, and the time between two ticks of the job. */
export interface Pace {
  readonly leaseDurationMs: number;
  readonly tickMs: number;
}

/** What became of the ticks of one scenario. */
export interface Outcome {
  readonly ticks: number;
  /** How many of them ran on more than one pod, or twice on one. */
  readonly twice: number;
  /** How many of them ran nowhere. */
  readonly nowhere: number;
}

const TICKS = 60;
/** The fault begins after so many ticks, and is repaired after so many. */
const BEGIN = 5;
const END = 35;

/** Plays a scenario on three pods, each with a sidecar and an app in processes of their own. */
export async function play(
  scenario: Scenario,
  dialect: Dialect,
  { leaseDurationMs, tickMs }: Pace,
  hasLock: boolean,
): Promise<Outcome> {
  const election = await startElection({ candidates: 3, dialect, leaseDurationMs, processes: true });
  const runs = new Map<number, string[]>();
  const first = Promise.withResolvers<string>();
  const onTick = (tick: number, pod: string): void => {
    runs.set(tick, [...(runs.get(tick) ?? []), pod]);
    first.resolve(pod);
  };
  const pods = election.candidates.map((candidate) => new Pod(candidate, { tickMs, leaseDurationMs, hasLock, onTick }));
  try {
    const name = await first.promise;
    const leader = pods.find((pod) => pod.name === name);
    if (leader === undefined) throw new Error(`There is no pod ${name}.`);
    const [from] = runs.keys();
    const begin = from ?? 0;
    const until = (ticks: number): Promise<void> => sleep((begin + ticks) * tickMs - Date.now());
    await until(BEGIN);
    await scenario.begin(leader, election, pods);
    await until(END);
    await scenario.end?.(leader, election, pods);
    await until(TICKS);
    const all = Array.from({ length: TICKS }, (_, index) => runs.get(begin + index)?.length ?? 0);
    return {
      ticks: TICKS,
      twice: all.filter((count) => count > 1).length,
      nowhere: all.filter((count) => count === 0).length,
    };
  } finally {
    await Promise.all(pods.map((pod) => pod.close()));
    await election.close();
  }
}
