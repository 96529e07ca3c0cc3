import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runForkedJob } from '@cluster-leader/agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { newSpace } from './databases.ts';
import { open, rowsOf, succeeded, type Opened } from './harness.ts';

const databases = inject('databases').slice(0, 1); // a worker is the same on all
const path = fileURLToPath(new URL('fixtures/fork-helper.ts', import.meta.url));

describe.each(databases)('A forked job on $kind', { timeout: 20_000 }, ({ kind, url }) => {
  async function start(name: string): Promise<Opened> {
    const space = newSpace();
    const options = {
      env: { ...process.env, KIND: kind, URL: url, SPACE: space },
      execArgv: ['--conditions=@cluster-leader/source'],
    };
    const leaderOnly = ['sees-its-term', 'waits-for-its-end'];
    const opened = await open({ kind, url, space, leaderOnly, agenda: { forkHelper: { path, options } } });
    for (const job of [...leaderOnly, 'sees-no-term']) opened.agenda.define(job, async () => {});
    await opened.agenda.start();
    await opened.agenda.create(name, {}).forkMode(true).schedule(new Date()).save();
    return opened;
  }

  it('waits for the leader, and finds a term in its worker', async () => {
    const { agenda, leader } = await start('sees-its-term');
    expect(await rowsOf(agenda, 'sees-its-term')).toMatchObject([{ lockedAt: undefined }]);
    const done = succeeded(agenda, 'sees-its-term');
    leader.elect();
    await done;
  });

  it('finds no term in its worker where it is for anybody', async () => {
    const { agenda } = await start('sees-no-term');
    const [error] = await once(agenda, 'fail:sees-no-term');
    expect(error).toMatchObject({ code: 'ERR_NO_TERM' });
  });

  it('hears in its worker that leadership is lost', async () => {
    const { agenda, leader } = await start('waits-for-its-end');
    leader.elect();
    await vi.waitFor(async () => expect(await rowsOf(agenda, 'waits-for-its-end')).toMatchObject([{ progress: 50 }]), {
      timeout: 15_000,
    });
    const failed = once(agenda, 'fail:waits-for-its-end');
    leader.demote();
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'ERR_NOT_LEADER' });
  });

  it('is refused by runForkedJob outside of a worker, and by an Agenda without a gate', async () => {
    const { agenda } = await open({ kind, url, space: newSpace() });
    const send = Object.getOwnPropertyDescriptor(process, 'send');
    Reflect.deleteProperty(process, 'send');
    onTestFinished(() => void (send !== undefined && Object.defineProperty(process, 'send', send)));
    await expect(runForkedJob(agenda, 'report', '1')).rejects.toThrow('run it in a worker that Agenda has forked');
  });
});
