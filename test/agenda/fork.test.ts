import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runForkedJob, type GateOptions } from '@cluster-leader/agenda';
import { Agenda } from 'agenda';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { newSpace } from './databases.ts';
import { open, rowsOf, succeeded, type Opened } from './harness.ts';

const databases = inject('databases').slice(0, 1); // forking does not depend on the database
const path = fileURLToPath(new URL('fixtures/fork-helper.ts', import.meta.url));

/** Resolves when the worker runs the job. */
async function begun(agenda: Agenda, name: string): Promise<void> {
  await vi.waitFor(async () => expect(await rowsOf(agenda, name)).toMatchObject([{ progress: 50 }]), {
    timeout: 15_000,
  });
}

describe.each(databases)('A forked job on $kind', { timeout: 20_000 }, ({ kind, url }) => {
  async function start(
    name: string,
    gate: Partial<GateOptions> & { readonly isSilent?: boolean } = {},
  ): Promise<Opened> {
    const space = newSpace();
    const { isSilent = false, ...options } = gate;
    const helper = {
      env: { ...process.env, KIND: kind, URL: url, SPACE: space, IS_SILENT: isSilent ? 'yes' : 'no' },
      execArgv: ['--conditions=@cluster-leader/source'],
    };
    const leaderOnly = ['sees-its-term', 'waits-for-its-end', 'fails-at-its-end'];
    const forkHelper = { path, options: helper };
    const opened = await open({ kind, url, space, leaderOnly, agenda: { forkHelper }, ...options });
    for (const job of [...leaderOnly, 'sees-no-term']) opened.agenda.define(job, async () => {});
    await opened.agenda.start();
    await opened.agenda.create(name, {}).forkMode(true).schedule(new Date()).save();
    return opened;
  }

  it('waits for the leader, and has a term in its worker', async () => {
    const { agenda, leader } = await start('sees-its-term');
    expect(await rowsOf(agenda, 'sees-its-term')).toMatchObject([{ lockedAt: undefined }]);
    const done = succeeded(agenda, 'sees-its-term');
    leader.elect();
    await done;
  });

  it('has no term in its worker if it is not leader-only', async () => {
    const { agenda } = await start('sees-no-term');
    const [error] = await once(agenda, 'fail:sees-no-term');
    expect(error).toMatchObject({ code: 'ERR_NO_TERM' });
  });

  it.each([
    { what: 'reports its error', isSilent: false },
    { what: 'just exits', isSilent: true },
  ])(
    'goes back into the queue when leadership is lost, and the next leader forks again ($what)',
    async ({ isSilent }) => {
      const { agenda, leader } = await start('waits-for-its-end', { isSilent });
      const failed = vi.fn<() => void>();
      agenda.on('fail', failed);
      leader.elect();
      await begun(agenda, 'waits-for-its-end');
      const ended = once(agenda, 'complete:waits-for-its-end');
      leader.demote();
      await ended;
      const [row] = await rowsOf(agenda, 'waits-for-its-end');
      expect(row).toMatchObject({ lockedAt: undefined, progress: undefined, failReason: undefined });
      expect(row?.nextRunAt).toBeInstanceOf(Date);
      expect(failed).not.toHaveBeenCalled();

      leader.elect();
      await begun(agenda, 'waits-for-its-end');
      const endedAgain = once(agenda, 'complete:waits-for-its-end');
      leader.demote();
      await endedAgain;
    },
  );

  it('fails with ERR_NOT_LEADER when leadership is lost, if retryOnLoss is false', async () => {
    const { agenda, leader } = await start('waits-for-its-end', { retryOnLoss: false });
    leader.elect();
    await begun(agenda, 'waits-for-its-end');
    const failed = once(agenda, 'fail:waits-for-its-end');
    leader.demote();
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'ERR_NOT_LEADER' });
  });

  it('fails if its worker rejects with an unrelated error when leadership is lost', async () => {
    const { agenda, leader } = await start('fails-at-its-end');
    leader.elect();
    await begun(agenda, 'fails-at-its-end');
    const failed = once(agenda, 'fail:fails-at-its-end');
    leader.demote();
    const [error] = await failed;
    expect(error).toMatchObject({ message: 'Error: the disk is full' });
  });

  it('is rejected by runForkedJob outside of a worker that Agenda has forked', async () => {
    const { agenda } = await open({ kind, url, space: newSpace() });
    const send = Object.getOwnPropertyDescriptor(process, 'send');
    Reflect.deleteProperty(process, 'send');
    onTestFinished(() => void (send !== undefined && Object.defineProperty(process, 'send', send)));
    await expect(runForkedJob(agenda, 'report', '1')).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining('in a worker that Agenda has forked'),
    });
  });

  it('is rejected by runForkedJob for an Agenda without a gate', async () => {
    const { backend } = await open({ kind, url, space: newSpace() });
    await expect(runForkedJob(new Agenda({ backend }), 'report', '1')).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/^agenda is .*gateBackend/s),
    });
  });
});
