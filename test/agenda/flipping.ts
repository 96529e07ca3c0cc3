import { newSpace } from './databases.ts';
import { History, type Outcome } from './history.ts';
import type { JobName, ReplicaSettings } from './messages.ts';
import { Replica } from './replica.ts';

/** How leadership goes to and fro. */
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
/** A machine may be too busy to end a job in less, and then Agenda rightly gives it to another. */
const LOCK_LIFETIME_MS = 4_000;
/** More than this may take after the last flip only where something was lost. */
const PATIENCE_MS = 15_000;

function some(): JobName {
  return Math.random() < 0.8 ? 'leader-only' : 'anybody';
}

/**
 * Lets leadership flip between replicas on one database while all of them schedule jobs, kills one that leads and has a
 * job in its hands half-way, and resolves with what became of the jobs.
 *
 * The leaders are those of `fakeLeader()`, told over IPC: their terms, events and gates are the real ones, and nobody is
 * elected before the last one has confirmed its demotion. So at most one leads at any time, which no real election
 * promises; what is tested is the queue, and a doubled leader would blur it.
 */
export async function runFlipping({ kind, url, gate, ...options }: FlippingOptions): Promise<Outcome> {
  const history = new History(LOCK_LIFETIME_MS);
  const space = newSpace();
  const replicas = Array.from({ length: options.replicas }, (_, index) => new Replica(`replica-${index}`));
  const settings = { kind, url, gate, space, processEveryMs: PROCESS_EVERY_MS, lockLifetimeMs: LOCK_LIFETIME_MS };
  let holder: Replica | undefined;
  let look: (() => void) | undefined;
  for (const replica of replicas) {
    replica.on('news', (news) => {
      if (news.what === 'demoted' && holder === replica) holder = undefined;
      if (news.what === 'error') console.error(`${replica.name}: ${news.message}`);
      history.hear(replica.name, news, holder?.name);
      look?.();
    });
  }
  const alive = (): Replica[] => replicas.filter(({ isKilled }) => !isKilled);
  const anyone = (): Replica | undefined => alive()[Math.floor(Math.random() * alive().length)];
  const until = (isReached: () => boolean, limitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      look = () => {
        if (!isReached()) return;
        clearTimeout(timer);
        resolve();
      };
      look();
    });

  // One after the other: each replaces a function in Postgres, which refuses two at once.
  for (const replica of replicas) await replica.start(settings);
  const endsAtMs = Date.now() + options.durationMs;
  const scheduling = [
    setInterval(() => {
      const name = some();
      anyone()?.tell({ do: 'now', name, job: history.add(name) });
    }, NOW_MS),
    setInterval(() => {
      const name = some();
      anyone()?.tell({ do: 'schedule', name, job: history.add(name), inMs: AHEAD_MS * Math.random() });
    }, SCHEDULE_MS),
  ];
  for (let turn = 0; Date.now() < endsAtMs; turn += 1) {
    await holder?.demote();
    const next = turn % 5 === 4 ? undefined : alive()[turn % alive().length]; // every fifth time nobody leads
    holder = next;
    await next?.elect();
    const isTimeToKill =
      options.kills && alive().length === replicas.length && endsAtMs - Date.now() < 0.6 * options.durationMs;
    if (isTimeToKill && next !== undefined) {
      const { beginnings } = history;
      await until(() => history.beginnings > beginnings, PATIENCE_MS);
      if (history.beginnings > beginnings) {
        history.killed(next.name);
        await next.kill();
        holder = undefined;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, FLIP_MS)); // the time between two flips is what is tested
  }
  for (const interval of scheduling) clearInterval(interval);
  await holder?.demote();
  [holder] = alive();
  await holder?.elect();
  await until(() => history.isOver, PATIENCE_MS);
  await Promise.all(replicas.map((replica) => replica.end()));
  return history.outcome();
}
