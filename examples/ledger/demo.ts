// Three replicas run one job a second for a minute, with a ledger in Postgres and without the lock record. The leader is
// killed in the middle of a run, then a leader is cut off, so that two pods lead, and then a leader is killed again.
import { setTimeout as sleep } from 'node:timers/promises';
import { startElection } from '@cluster-leader/testing';
import { startPostgres } from 'example-postgres';
import { Bills } from './bills.ts';
import type { DemoEvent, Fault } from './demo-event.ts';
import { Pod } from './pod.ts';
import { hasPassed, summarize } from './summary.ts';
import { chooseView } from './view.ts';

/** Short, so that the take-over comes soon; real leases are 10 to 15 s. */
const LEASE_MS = 3_000;
const SLOTS = 60;
const LOOK_MS = 250;
/** Milliseconds after the start of this process; the rest of 90 s is for ending everything. */
const GIVE_UP_AT_MS = 82_000;

const signal = AbortSignal.timeout(GIVE_UP_AT_MS - Math.ceil(performance.now()));
const NAMES = ['pod-1', 'pod-2', 'pod-3'];
const view = chooseView(NAMES, process.argv.includes('--json'));
const events: DemoEvent[] = [];
/** Called with each event. */
let onEvent = (_event: DemoEvent): void => {};

function record(event: DemoEvent): void {
  events.push(event);
  view.show(event);
  onEvent(event);
}

const database = await startPostgres();
const bills = new Bills(database.url);
await bills.create();
const election = await startElection({ candidates: NAMES, leaseDurationMs: LEASE_MS, processes: true });
const env = {
  DATABASE_URL: database.url,
  CLUSTER_LEADER_LEASE: `${LEASE_MS}ms`,
  CLUSTER_LEADER_LOCK: '', // the lock record would prevent two leaders
  LEDGER_NAMESPACE: `demo-${Date.now()}`, // a database that is used again has no slots of an earlier demo to make up
};
const pods = election.candidates.map(
  (candidate) => new Pod(candidate, { env, onEvent: record, onOutput: (pod, line) => view.output(pod, line) }),
);

/** Resolves with the next run that begins, and its pod. */
function nextRun(): Promise<{ slotMs: number; pod: Pod }> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    onEvent = ({ what, slotMs, pod: name }) => {
      const pod = pods.find((one) => one.name === name);
      if (what === 'began' && slotMs !== undefined && pod !== undefined) resolve({ slotMs, pod });
    };
  });
}

async function inflict(fault: Fault, pod: Pod, work: Promise<void>): Promise<void> {
  await work;
  record({ atMs: Date.now(), pod: pod.name, what: fault });
}

/** Disturbs the minute that begins at `fromMs`. */
async function disturb(fromMs: number): Promise<void> {
  const second = (count: number): Promise<void> => sleep(fromMs + 1_000 * count - Date.now(), undefined, { signal });
  await second(5);
  const { pod: first } = await nextRun();
  await inflict('killed', first, first.kill());
  await second(15);
  await inflict('restarted', first, first.restart());
  await second(20);
  const { pod: cutOff } = await nextRun();
  await inflict('cut off', cutOff, cutOff.cutOff());
  await second(34);
  await inflict('reconnected', cutOff, cutOff.reconnect());
  await second(40);
  const { pod: last } = await nextRun();
  await inflict('killed', last, last.kill());
  await second(50);
  await inflict('restarted', last, last.restart());
}

/** Shows what runs until each slot of the minute has run. */
async function watch(): Promise<void> {
  const seen = new Set<number>();
  for (;;) {
    const all = await bills.all();
    for (const bill of all.filter(({ id }) => !seen.has(id))) {
      seen.add(bill.id);
      record({ atMs: bill.atMs, pod: bill.pod, what: 'billed', slotMs: bill.slotMs, bill });
    }
    view.refresh?.(events, span);
    if (summarize(all, events, span).missing === 0) return;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

let span = { fromMs: 0, slots: SLOTS };
try {
  span = { ...span, fromMs: (await nextRun()).slotMs };
  await Promise.all([disturb(span.fromMs), watch()]);
} catch (error) {
  if (!signal.aborted) throw error; // if it is aborted, the summary says what is missing
} finally {
  await Promise.all(pods.map((pod) => pod.endApp()));
  const summary = summarize(await bills.all(), events, span); // nothing can run any more
  await election.close();
  await bills.close();
  await database.stop();
  view.end(summary);
  process.exitCode = hasPassed(summary) ? 0 : 1;
}
