import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startReplicas, type ReplicaSet } from '@cluster-leader/cli';
import type { Agenda } from 'agenda';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { newSpace } from './databases.ts';
import { open, rowsOf } from './harness.ts';

const databases = inject('databases').filter(({ kind }) => kind === 'Postgres'); // elections do not depend on the database
const LEASE_MS = 5_000;
const EVERY_10_SECONDS = '*/10 * * * * *';
const SLOT_MS = 10_000;
const program = fileURLToPath(new URL('fixtures/report-app.ts', import.meta.url));

interface Line {
  readonly replica: string;
  readonly text: string;
}

interface Started {
  readonly set: ReplicaSet;
  /** An Agenda on the same jobs that never runs any. */
  readonly observer: Agenda;
  /** Resolves with the first line that satisfies `test`, now or later. */
  readonly line: (test: (line: Line) => boolean) => Promise<Line>;
}

describe.each(databases)('Two replicas on $kind', { timeout: 60_000 }, ({ kind, url }) => {
  async function start(env: Readonly<Record<string, string>> = {}): Promise<Started> {
    const space = newSpace();
    const { agenda: observer } = await open({ kind, url, space, name: 'observer' }); // creates the tables too
    const lines: Line[] = [];
    const output = new EventEmitter();
    const set = await startReplicas({
      command: [process.execPath, '--conditions=@cluster-leader/source', program],
      replicas: 2,
      leaseDurationMs: LEASE_MS,
      env: { ...process.env, ...env, DATABASE_URL: url, SPACE: space },
      onOutput(replica, texts) {
        lines.push(...texts.map((text) => ({ replica, text })));
        output.emit('line');
      },
    });
    onTestFinished(() => set.close(0));
    return {
      set,
      observer,
      async line(test) {
        for (;;) {
          const found = lines.find(test);
          if (found !== undefined) return found;
          await once(output, 'line');
        }
      },
    };
  }

  it('start a job again on the next leader if it outlives the drain of a rolling update', async () => {
    const { set, observer, line } = await start();
    await observer.now('report');
    const first = await line(({ text }) => text.startsWith('started'));
    set.replica(first.replica).signal('SIGTERM');
    await line(({ replica, text }) => text.startsWith('started') && replica !== first.replica);
    const [row] = await rowsOf(observer, 'report');
    expect(row).toMatchObject({ failedAt: undefined, failReason: undefined });
    expect(row?.failCount).toBeUndefined();
  });

  it('run a slot once if SIGKILL ends the leader 2 s before it and the killed replica boots again right after it', async () => {
    const { set, observer, line } = await start({ CRON: EVERY_10_SECONDS });
    const [a, b] = set.replicas.map(({ name }) => name);
    for (const name of [a, b]) await line(({ replica, text }) => replica === name && text === 'scheduled');
    const killAtMs = Math.ceil((Date.now() + 2_000) / SLOT_MS) * SLOT_MS - 2_000;
    await sleep(killAtMs - Date.now());
    const killed = set.election.holder ?? '';
    await set.replica(killed).kill();
    const slotMs = killAtMs + 2_000;
    await sleep(slotMs - Date.now());
    await set.replica(killed).restart();

    // A run prints the slot after its own. The runs before the kill print this slot or an earlier one.
    const nextSlot = new Date(slotMs + SLOT_MS);
    const run = await line(({ text }) => new Date(text.replace('started, next ', '')) > new Date(slotMs));
    expect(run.text).toBe(`started, next ${nextSlot.toISOString()}`);
    // That is the other replica, or the killed one if it was back before its lease expired.
    expect(run.replica).toBe(set.election.holder);
    // It cannot run for that slot again: there is one job, and it is due at the next slot.
    expect(await rowsOf(observer, 'report')).toMatchObject([{ nextRunAt: nextSlot }]);
  });
});
