// Three replicas of examples/node-cron on this machine, each beside its own sidecar; the leader is killed half-way.
import { startElection } from '@cluster-leader/testing';
import { History } from './history.ts';
import { Replica } from './replica.ts';
import { chooseView, type DemoEvent } from './view.ts';

/** Short, so that the take-over does not take long; Kubernetes runs with 10 to 15 s. */
const LEASE_MS = 3_000;
const TICKS_BEFORE = 6;
const TICKS_AFTER = 6;
const GIVE_UP_MS = 60_000;

const election = await startElection({ candidates: 3, leaseDurationMs: LEASE_MS, processes: true });
const history = new History();
const view = chooseView(
  election.candidates.map(({ name }) => name),
  process.argv.includes('--json'),
);
const replicas = election.candidates.map(
  (candidate) =>
    new Replica(candidate.name, { ...candidate.env, LEASE_DURATION_MS: String(LEASE_MS) }, 'inherit', (line) =>
      hear(candidate.name, line),
    ),
);
const refreshing = setInterval(() => view.refresh?.(history), 1_000);
let look = (): void => {};
let isOver = false;

function hear(replica: string, line: string): void {
  const [word, what] = line.split(' ');
  if (word === 'elected' || word === 'demoted') note({ atMs: Date.now(), replica, what: word });
  if (word === 'billed' && what !== undefined) note({ atMs: Date.now(), replica, what: 'ran', tick: what });
}

function note(event: DemoEvent): void {
  if (isOver) return;
  const { atMs, replica, what, tick } = event;
  if (what === 'elected') history.elected(replica, atMs);
  if (what === 'demoted') history.demoted(replica);
  if (what === 'killed') history.killed(replica, atMs);
  if (what === 'ran' && tick !== undefined) history.ran(replica, Date.parse(tick));
  view.show(event, history);
  look();
}

function until(isReached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    look = () => isReached() && resolve();
    look();
  });
}

async function run(): Promise<boolean> {
  await until(() => history.ticks().length >= TICKS_BEFORE);
  const name = history.leader ?? '';
  await Promise.all([
    replicas.find((replica) => replica.name === name)?.end('SIGKILL'),
    election.candidate(name).kill(),
  ]);
  note({ atMs: Date.now(), replica: name, what: 'killed' });
  const killedAtTick = history.ticks().length;
  await until(
    () =>
      history
        .ticks()
        .slice(killedAtTick)
        .filter(({ ranOn }) => ranOn.length > 0).length >= TICKS_AFTER,
  );
  return history.summary.duplicates === 0;
}

const gaveUp = new Promise<boolean>((resolve) => setTimeout(resolve, GIVE_UP_MS, false).unref());
const isFine = await Promise.race([run(), gaveUp]);
isOver = true;
clearInterval(refreshing);
view.end(history.summary);
await Promise.all(replicas.map((replica) => replica.end('SIGTERM')));
await election.close();
process.exitCode = isFine ? 0 : 1;
