// Three replicas run one job a second for a minute, with a ledger in Postgres and without the lock record. The leader is
// killed in the middle of a run, then a leader is cut off, so that two pods lead, and then a leader is killed again.
import { setTimeout as sleep } from 'node:timers/promises';
import { startElection } from '@cluster-leader/testing';
import { startPostgres } from 'example-postgres';
import { Bills } from './bills.ts';
import type { DemoEvent, Fault } from './demo-event.ts';
import { Pod } from './pod.ts';
import { summarize } from './summary.ts';
import { chooseView } from './view.ts';

/** Short, so that the take-over comes soon; real leases are 10 to 15 s. */
const LEASE_MS = 3_000;
const SLOTS = 60;
/** Milliseconds after the start of this process: the rest of 90 s is for ending everything. */
const GIVE_UP_AT_MS = 82_000;

const NAMES = ['pod-1', 'pod-2', 'pod-3'];
const view = chooseView(NAMES, process.argv.includes('--json'));
const events: DemoEvent[] = [];
/** Called with each event. */
let onEvent = (_event: DemoEvent): void => {};

function record(event: DemoEvent): void {
  events.push(event);
  view.show(event, events);
  onEvent(event);
}

/** Resolves with the next run that begins. */
function nextRun(): Promise<DemoEvent> {
  return new Promise((resolve) => {
    onEvent = (event) => event.what === 'began' && resolve(event);
  });
}

const database = await startPostgres();
const bills = new Bills(database.url);
await bills.create();
const election = await startElection({ candidates: NAMES, leaseDurationMs: LEASE_MS, processes: true });
const env = {
  DATABASE_URL: database.url,
  CLUSTER_LEADER_LEASE: `${LEASE_MS}ms`,
  LEDGER_NAMESPACE: `demo-${Date.now()}`, // a database that is used again has no slots of an earlier demo to make up
};
const pods = election.candidates.map((candidate) => new Pod(candidate, { env, onEvent: record }));

async function inflict(fault: Fault, pod: Pod, work: Promise<void>): Promise<void> {
  await work;
  record({ atMs: Date.now(), pod: pod.name, what: fault });
}

/** Resolves with the pod that runs the job next, which has just begun. */
async function nextRunner(): Promise<Pod> {
  const { pod: name } = await nextRun();
  const pod = pods.find((one) => one.name === name);
  if (pod === undefined) throw new Error(`There is no pod ${name}.`);
  return pod;
}

/** Disturbs the minute that begins at `fromMs`. */
async function disturb(fromMs: number): Promise<void> {
  const second = (count: number): Promise<void> => sleep(fromMs + 1_000 * count - Date.now());
  await second(5);
  const first = await nextRunner();
  await inflict('killed', first, first.kill());
  await second(15);
  await inflict('restarted', first, first.restart());
  await second(20);
  const cutOff = await nextRunner();
  await inflict('cut off', cutOff, cutOff.cutOff());
  await second(34);
  await inflict('reconnected', cutOff, cutOff.reconnect());
  await second(40);
  const last = await nextRunner();
  await inflict('killed', last, last.kill());
  await second(50);
  await inflict('restarted', last, last.restart());
}

const span = { fromMs: (await nextRun()).slotMs ?? 0, slots: SLOTS };
const seen = new Set<number>();

/** Reads what has run since the last call; resolves with whether each slot of the minute has. */
async function look(): Promise<boolean> {
  const all = await bills.all();
  for (const bill of all) {
    if (seen.has(bill.id)) continue;
    seen.add(bill.id);
    record({ atMs: bill.atMs, pod: bill.pod, what: 'billed', slotMs: bill.slotMs, bill });
  }
  view.refresh?.(events, span);
  return summarize(all, span).missing === 0;
}

const disturbing = disturb(span.fromMs);
while (!(await look()) && performance.now() < GIVE_UP_AT_MS) await sleep(1_000);
await disturbing;
await Promise.all(pods.map((pod) => pod.endApp()));
const summary = summarize(await bills.all(), span); // after the last process has ended, nothing can run a second time
view.end(summary);
await election.close();
await bills.close();
await database.stop();
process.exitCode = summary.duplicates + summary.missing === 0 ? 0 : 1;
