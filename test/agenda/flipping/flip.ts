import { newSpace } from '../databases.ts';
import { History, type Outcome } from './history.ts';
import type { JobName, ReplicaSettings } from './messages.ts';
import { Replica } from './replica.ts';

/** What to run, and for how long. */
export interface FlippingOptions extends Pick<ReplicaSettings, 'kind' | 'url' | 'gate'> {
  readonly replicas: number;
  readonly durationMs: number;
  readonly kills: boolean;
}

const FLIP_MS = 300;
const NOW_MS = 50;
const SCHEDULE_MS = 100;
const AHEAD_MS = 1_500;
const PROCESS_EVERY_MS = 500;
/** Longer than any job takes on a busy machine: when a lock expires, Agenda rightly lets another replica run the job. */
const LOCK_LIFETIME_MS = 4_000;
/** Jobs that are not complete this long after the last flip count as lost. */
const MOST_WAIT_MS = 15_000;

function randomName(): JobName {
  return Math.random() < 0.8 ? 'leader-only' : 'any-replica';
}

/**
 * Lets leadership flip between replicas on one database while all of them schedule jobs, and resolves with what became of
 * the jobs. With `kills`, the leader is killed once, half-way, while it runs a job.
 *
 * Each replica has a `fakeLeader()`, controlled over IPC: terms, events and gates are the real ones. A replica is elected
 * only after the previous leader has confirmed its demotion, so that there is never more than one leader. No real election
 * guarantees that, but this tests the queue, and a second leader would hide its errors.
 */
export async function runFlipping({ kind, url, gate, ...options }: FlippingOptions): Promise<Outcome> {
  const history = new History(LOCK_LIFETIME_MS);
  const space = newSpace();
  const replicas = Array.from({ length: options.replicas }, (_, index) => new Replica(`replica-${index}`));
  const settings = { kind, url, gate, space, processEveryMs: PROCESS_EVERY_MS, lockLifetimeMs: LOCK_LIFETIME_MS };
  let holder: Replica | undefined;
  let recheck: (() => void) | undefined;
  for (const replica of replicas) {
    replica.on('report', (report) => {
      if (report.what === 'demoted' && holder === replica) holder = undefined;
      if (report.what === 'error') console.error(`${replica.name}: ${report.message}`);
      history.record(replica.name, report, holder?.name);
      recheck?.();
    });
  }
  const alive = (): Replica[] => replicas.filter(({ isKilled }) => !isKilled);
  const randomReplica = (): Replica | undefined => alive()[Math.floor(Math.random() * alive().length)];
  const until = (isReached: () => boolean, limitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      recheck = () => {
        if (!isReached()) return;
        clearTimeout(timer);
        resolve();
      };
      recheck();
    });

  // One after the other: each replaces a function in Postgres, which fails if two do so at once.
  for (const replica of replicas) await replica.start(settings);
  const endsAtMs = Date.now() + options.durationMs;
  const scheduling = [
    setInterval(() => {
      const name = randomName();
      randomReplica()?.send({ do: 'now', name, job: history.add(name) });
    }, NOW_MS),
    setInterval(() => {
      const name = randomName();
      randomReplica()?.send({ do: 'schedule', name, job: history.add(name), inMs: AHEAD_MS * Math.random() });
    }, SCHEDULE_MS),
  ];
  for (let turn = 0; Date.now() < endsAtMs; turn += 1) {
    await holder?.demote();
    const next = turn % 5 === 4 ? undefined : alive()[turn % alive().length]; // every fifth turn has no leader
    holder = next;
    await next?.elect();
    const isTimeToKill =
      options.kills && alive().length === replicas.length && endsAtMs - Date.now() < 0.6 * options.durationMs;
    if (isTimeToKill && next !== undefined) {
      const { beginnings } = history;
      await until(() => history.beginnings > beginnings, MOST_WAIT_MS);
      if (history.beginnings > beginnings) {
        history.recordKill(next.name);
        await next.kill();
        holder = undefined;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, FLIP_MS)); // a real pause: the time between two flips is part of the test
  }
  for (const interval of scheduling) clearInterval(interval);
  await holder?.demote();
  [holder] = alive();
  await holder?.elect();
  await until(() => history.isOver, MOST_WAIT_MS);
  await Promise.all(replicas.map((replica) => replica.end()));
  return history.outcome();
}
