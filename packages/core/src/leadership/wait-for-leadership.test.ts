import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClusterLeaderService } from '../service/cluster-leader-service.ts';
import { runChild } from '../fixtures/child.ts';
import { useFakeClock } from '../fixtures/fake-clock.ts';
import { SELF, ScriptedClient, type Reply } from '../fixtures/scripted-client.ts';

const withCode = (code: string): unknown => expect.objectContaining({ code });

function setup(reply: Reply): { leader: ClusterLeaderService; client: ScriptedClient } {
  useFakeClock();
  const client = new ScriptedClient(reply);
  const leader = new ClusterLeaderService({ identity: SELF, logger: {} }, client);
  onTestFinished(() => leader.close());
  return { leader, client };
}

describe('waitForLeadership', () => {
  it('resolves with the present term of a leader', async () => {
    const { leader } = setup('self');
    await leader.start();
    expect(await leader.waitForLeadership()).toMatchObject({ number: 1, signal: { aborted: false } });
  });

  it('begins watching, and resolves once this pod leads', async () => {
    const { leader, client } = setup('other');
    const waiting = leader.waitForLeadership();
    await vi.advanceTimersByTimeAsync(5_000);
    client.reply = 'self';
    await vi.advanceTimersByTimeAsync(1_000);
    const term = await waiting;
    expect(term.number).toBe(1);
    expect(() => term.assertLeader()).not.toThrow();
  });

  it('waits through unknown standings', async () => {
    const { leader, client } = setup('refused');
    const waiting = leader.waitForLeadership();
    for (const reply of ['none', 'invalid', 'hangs', 'other', 'self'] as const) {
      client.reply = reply;
      await vi.advanceTimersByTimeAsync(3_000);
    }
    expect((await waiting).number).toBe(1);
  });

  it('resolves all who wait', async () => {
    const { leader, client } = setup('other');
    const waiting = Promise.all([leader.waitForLeadership(), leader.waitForLeadership({ timeoutMs: 60_000 })]);
    await leader.start();
    client.reply = 'self';
    await vi.advanceTimersByTimeAsync(1_000);
    const [first, second] = await waiting;
    expect(first).toBe(second);
  });

  it('gives up with the signal', async () => {
    const { leader } = setup('other');
    const controller = new AbortController();
    const waiting = leader.waitForLeadership({ signal: controller.signal });
    controller.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
  });

  it('gives up at once if the signal has aborted', async () => {
    const { leader } = setup('other');
    const signal = AbortSignal.abort(new Error('given up'));
    await expect(leader.waitForLeadership({ signal })).rejects.toThrow('given up');
  });

  it('gives up at once if the signal has aborted, even on the leader', async () => {
    const { leader } = setup('self');
    await leader.start();
    const signal = AbortSignal.abort(new Error('given up'));
    await expect(leader.waitForLeadership({ signal })).rejects.toThrow('given up');
  });

  it('gives up after timeoutMs, and not before', async () => {
    const { leader } = setup('other');
    const rejected = vi.fn<(error: unknown) => void>();
    leader.waitForLeadership({ timeoutMs: 5_000 }).catch(rejected);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(rejected).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(rejected).toHaveBeenCalledWith(withCode('ERR_WAIT_TIMEOUT'));
    expect(rejected).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining('5000 ms') }));
  });

  it.each([0, -1, Number.NaN, 2 ** 31])('rejects a timeoutMs of %d', async (timeoutMs) => {
    const { leader } = setup('other');
    await expect(leader.waitForLeadership({ timeoutMs })).rejects.toThrow(withCode('ERR_INVALID_OPTION'));
  });

  it('rejects when the leader is closed meanwhile', async () => {
    const { leader } = setup('other');
    const waiting = leader.waitForLeadership();
    void leader.close();
    await expect(waiting).rejects.toThrow(withCode('ERR_CLOSED'));
  });

  it('does not end in an unhandled rejection when the leader is closed and the caller has only given a then', async () => {
    const program = `
      import { ClusterLeaderService } from '@cluster-leader/core';
      const leader = new ClusterLeaderService({ url: 'http://127.0.0.1:9/', identity: 'pod-1', logger: {} });
      leader.waitForLeadership().then(() => {}).finally(() => {});
      void leader.waitForLeadership();
      await leader.close();
      leader.waitForLeadership().then(() => {});
      setImmediate(() => console.log('still alive'));
    `;
    expect(await runChild(program)).toMatchObject({ code: 0, stdout: 'still alive\n', stderr: '' });
  });

  it('throws to a caller that awaits it, and leaves errors of the work alone', async () => {
    const { leader } = setup('self');
    await leader.start();
    const work = leader.waitForLeadership().then(() => Promise.reject(new Error('work')));
    await expect(work).rejects.toThrow('work');
    await leader.close();
    const other = leader.waitForLeadership();
    await expect(other).rejects.toThrow(withCode('ERR_CLOSED'));
    const wait = async (): Promise<unknown> => await leader.waitForLeadership();
    await expect(wait()).rejects.toThrow(withCode('ERR_CLOSED'));
  });

  it('rejects at once if the leader is closed', async () => {
    const { leader } = setup('self');
    await leader.close();
    await expect(leader.waitForLeadership()).rejects.toThrow(withCode('ERR_CLOSED'));
  });

  it.each<[how: string, end: (controller: AbortController) => unknown]>([
    ['the signal', (controller) => controller.abort()],
    ['time', () => vi.advanceTimersByTimeAsync(2_000)],
  ])('leaves nothing behind when %s ends it', async (_how, end) => {
    const { leader } = setup('other');
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    const waiting = leader.waitForLeadership({ signal: controller.signal, timeoutMs: 2_000 });
    waiting.catch(() => {});
    await end(controller);
    await expect(waiting).rejects.toBeInstanceOf(Error);
    await leader.close();
    expect(removed).toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
