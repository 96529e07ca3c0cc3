// Three replicas of examples/node-cron on this machine, each beside its own sidecar; the leader is killed half-way.
import { fileURLToPath } from 'node:url';
import { startReplicas } from '@cluster-leader/cli';
import { History } from './history.ts';
import { chooseView, type DemoEvent } from './view.ts';

/** Short, so that the take-over is soon; real leases are 10 to 15 s. */
const LEASE_MS = 3_000;
const TICKS_BEFORE = 6;
const TICKS_AFTER = 6;
const GIVE_UP_MS = 60_000;

const NAMES = ['pod-1', 'pod-2', 'pod-3'];
const program = fileURLToPath(new URL('../node-cron/index.ts', import.meta.url));

const history = new History();
const view = chooseView(NAMES, process.argv.includes('--json'));
const refreshing = setInterval(() => view.refresh?.(history), 1_000);
let look = (): void => {};
let isOver = false;
const set = await startReplicas({
  command: [process.execPath, '--conditions=@cluster-leader/source', program],
  replicas: NAMES.length,
  leaseDurationMs: LEASE_MS,
  onOutput: (replica, lines) => lines.forEach((line) => read(replica, line)),
});

function read(replica: string, line: string): void {
  const [word, what] = line.split(' ');
  if (word === 'elected' || word === 'demoted') note({ atMs: Date.now(), replica, what: word });
  else if (word === 'billed' && what !== undefined) note({ atMs: Date.now(), replica, what: 'ran', tick: what });
  else console.error(`${replica}: ${line}`);
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
  await set.replica(name).kill();
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
await set.close();
process.exitCode = isFine ? 0 : 1;
