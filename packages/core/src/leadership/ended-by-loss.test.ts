import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startSidecar } from '../fixtures/sidecar-server.ts';
import { endedByLoss } from './ended-by-loss.ts';
import { LiveTerm } from './live-term.ts';
import type { Term } from './term.ts';

/** Begins `work` in a term, ends the term, and returns the error of `work` and what it was judged to be inside of it. */
async function lose(work: (term: Term) => unknown): Promise<{ readonly error: unknown; readonly inside: boolean }> {
  const term = new LiveTerm(1, undefined, () => {});
  let inside = false;
  const run = term.run(async (own) => {
    try {
      await work(own);
    } catch (error) {
      inside = endedByLoss(error);
      throw error;
    }
  }, undefined);
  term.end('follower');
  const error: unknown = await run.catch((reason: unknown) => reason);
  return { error, inside };
}

describe('endedByLoss', () => {
  it.each<[what: string, work: (term: Term) => unknown]>([
    ['node:timers/promises', ({ signal }) => sleep(60_000, undefined, { signal })],
    ['events.once', ({ signal }) => once(new EventEmitter(), 'never', { signal })],
    ['execFile', ({ signal }) => promisify(execFile)('sleep', ['60'], { signal })],
    ['assertLeader()', (term) => Promise.resolve().then(() => term.assertLeader())],
    [
      'an error that wraps it',
      async ({ signal }) => {
        const cause: unknown = await sleep(60_000, undefined, { signal }).catch((error: unknown) => error);
        throw new Error('the report failed', { cause });
      },
    ],
    ['Promise.any', ({ signal }) => Promise.any([1, 2].map((ms) => sleep(ms * 60_000, undefined, { signal })))],
  ])('recognises the loss in what %s rejects with, inside and outside of the task', async (_what, work) => {
    const { error, inside } = await lose(work);
    expect(inside).toBe(true);
    expect(endedByLoss(error)).toBe(true);
  });

  it('recognises the loss in what fetch rejects with', async () => {
    const { url } = await startSidecar(() => {});
    const { error, inside } = await lose(({ signal }) => fetch(url, { signal }));
    expect(inside).toBe(true);
    expect(endedByLoss(error)).toBe(true);
  });

  it('recognises, inside of a task whose term has ended, an abort that names no reason', async () => {
    const { inside } = await lose(async () => {
      await Promise.resolve();
      throw new DOMException('aborted', 'AbortError');
    });
    expect(inside).toBe(true);
  });

  it('takes a failure for a failure, even after the term has ended', async () => {
    const { error, inside } = await lose(async () => {
      await Promise.resolve();
      throw new TypeError('x is undefined');
    });
    expect(inside).toBe(false);
    expect(endedByLoss(error)).toBe(false);
  });

  it("judges by the task's own term: the loss of another leader is a failure", async () => {
    const { error } = await lose((other) => Promise.resolve().then(() => other.assertLeader()));
    const own = new LiveTerm(1, undefined, () => {});
    await own.run(() => expect(endedByLoss(error)).toBe(false), undefined);
    expect(endedByLoss(error, own)).toBe(false);
  });

  it.each([undefined, null, 'ERR_NOT_LEADER', new DOMException('aborted', 'AbortError'), { code: 'ERR_NOT_LEADER' }])(
    'does not take %o for a loss outside of a task',
    (error) => {
      expect(endedByLoss(error)).toBe(false);
    },
  );

  it('follows a circular cause no further than it must', () => {
    const error = new Error('circular');
    error.cause = error;
    expect(endedByLoss(error)).toBe(false);
  });
});
