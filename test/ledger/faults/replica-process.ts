// One replica: a leader that is controlled over IPC, and a job that is due every second and leaves traces of its calls.
import { setTimeout as sleep } from 'node:timers/promises';
import { RunLedger } from '@cluster-leader/ledger';
import { fakeLeader } from '@cluster-leader/testing';
import { Pool } from 'pg';
import { startHost, type Work } from './hosts.ts';
import type { Order, Report, ReplicaSettings } from './messages.ts';
import { openStore } from './stores.ts';
import { Traces } from './traces.ts';

const leader = fakeLeader();
let end = async (): Promise<void> => {};

function report(message: Report): void {
  process.send?.(message);
}

async function start(settings: ReplicaSettings): Promise<void> {
  const { pod, space, workMs, expiryMs, interrupted } = settings;
  const pool = new Pool({ connectionString: settings.traceUrl });
  const traces = new Traces(pool, space);
  const work: Work = async (run, signal) => {
    const slotMs = run.slot.getTime();
    const ended = await traces.begin(pod, run);
    report({ what: 'began', slotMs });
    await sleep(workMs, undefined, { signal });
    run.assertClaimed(); // a loop that was blocked may reach this line before the ledger's own timers
    await ended();
    report({ what: 'ended', slotMs });
  };
  const store = await openStore(settings.store);
  const ledger = new RunLedger({
    namespace: space,
    pod,
    store: store.runs,
    claimTimeoutMs: 1_000,
    heartbeatMs: 1_500,
    expiryMs,
    sweepMs: 1_000,
    logger: {},
  });
  ledger.on('interrupted', ({ slot }) => report({ what: 'interrupted', slotMs: slot.getTime() }));
  ledger.on('skipped', ({ slot, reason }) => {
    if (reason === 'ledger-unavailable') report({ what: 'not-claimed', slotMs: slot.getTime() });
  });
  ledger.on('gaveUp', ({ count }) => report({ what: 'gave-up', count }));
  ledger.on('unavailable', () => report({ what: 'unavailable' }));
  ledger.on('available', () => report({ what: 'available' }));
  ledger.on('clockSkew', ({ skewMs }) => report({ what: 'clock-skew', skewMs }));
  const host = await startHost(settings.host, { leader, ledger, interrupted, work });
  end = async () => {
    await host.stop();
    await ledger.close();
    await leader.close();
    await store.close();
    await pool.end();
  };
  report({ what: 'ready' });
}

/** Keeps the event loop busy, as a long synchronous computation would. */
function block(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
  report({ what: 'unblocked' });
}

async function carryOut(order: Order): Promise<void> {
  switch (order.do) {
    case 'start':
      return start(order.settings);
    case 'elect':
      leader.elect();
      return report({ what: 'elected' });
    case 'demote':
      leader.demote();
      return report({ what: 'demoted' });
    case 'block':
      return block(order.ms);
    case 'end':
      await end();
      return process.exit();
  }
}

process.on('message', (order: Order) => void carryOut(order));
process.once('disconnect', () => process.exit());
