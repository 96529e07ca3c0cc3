// Runs three replicas of examples/node-cron on this machine, each beside its own sidecar, and kills the leader half-way.
import { fileURLToPath } from 'node:url';
import { startReplicas } from '@cluster-leader/cli';
import { History } from './history.ts';
import { chooseView, type DemoEvent } from './view.ts';

/** Short, so that the take-over comes soon; real leases are 10 to 15 s. */
const LEASE_MS = 3_000;
const TICKS_BEFORE = 6;
const TICKS_AFTER = 6;
const GIVE_UP_MS = 60_000;

const NAMES = ['pod-1', 'pod-2', 'pod-3'];
const program = fileURLToPath(new URL('../node-cron/index.ts', import.meta.url));

const history = new History();
const view = chooseView(NAMES, process.argv.includes('--json'));
const refreshing = setInterval(() => view.refresh?.(history), 1_000);
/** Called after each event. */
let onEvent = (): void => {};
let isOver = false;
const set = await startReplicas({
  command: [process.execPath, '--conditions=@cluster-leader/source', program],
  replicas: NAMES.length,
  leaseDurationMs: LEASE_MS,
  onOutput: (replica, lines) => lines.forEach((line) => read(replica, line)),
});

function read(replica: string, line: string): void {
  const [word, tick] = line.split(' ');
  if (word === 'elected' || word === 'demoted') record({ atMs: Date.now(), replica, what: word });
  else if (word === 'billed' && tick !== undefined) record({ atMs: Date.now(), replica, what: 'ran', tick });
  else console.error(`${replica}: ${line}`);
}

function record(event: DemoEvent): void {
  if (isOver) return;
  const { atMs, replica, what, tick } = event;
  if (what === 'elected') history.elected(replica, atMs);
  if (what === 'demoted') history.demoted(replica);
  if (what === 'killed') history.killed(replica, atMs);
  if (what === 'ran' && tick !== undefined) history.ran(replica, Date.parse(tick));
  view.show(event, history);
  onEvent();
}

function until(isReached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onEvent = () => isReached() && resolve();
    onEvent();
  });
}

/** Resolves with whether every tick ran at most once. */
async function run(): Promise<boolean> {
  await until(() => history.ticks().length >= TICKS_BEFORE);
  const name = history.leader ?? '';
  await set.replica(name).kill();
  record({ atMs: Date.now(), replica: name, what: 'killed' });
  const ticksBefore = history.ticks().length;
  const ranAfter = (): number =>
    history
      .ticks()
      .slice(ticksBefore)
      .filter(({ ranOn }) => ranOn.length > 0).length;
  await until(() => ranAfter() >= TICKS_AFTER);
  return history.summary.duplicates === 0;
}

const gaveUp = new Promise<boolean>((resolve) => setTimeout(resolve, GIVE_UP_MS, false).unref());
const hasPassed = await Promise.race([run(), gaveUp]);
isOver = true;
clearInterval(refreshing);
view.end(history.summary);
await set.close();
process.exitCode = hasPassed ? 0 : 1;
