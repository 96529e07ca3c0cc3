import { describe, expect, it, vi } from 'vitest';
import { LiveTerm } from './live-term.ts';
import { currentTerm, runInTerm } from './term.ts';

const newTerm = (number: number | undefined, look: () => void = () => {}): LiveTerm =>
  new LiveTerm(number, undefined, look);

describe('currentTerm', () => {
  it('throws outside of a task, so that a forgotten gate does not fail open', () => {
    expect(() => currentTerm()).toThrow(
      expect.objectContaining({ code: 'ERR_NO_TERM', message: expect.stringContaining('runIfLeader()') }),
    );
  });

  it('returns the term of the task across awaits, timers and nested tasks', async () => {
    const [outer, inner] = [newTerm(1), newTerm(2)];
    await runInTerm(outer, async (given) => {
      expect(given).toBe(outer);
      expect(currentTerm()).toBe(outer);
      await Promise.resolve();
      expect(currentTerm()).toBe(outer);
      expect(await new Promise((resolve) => setImmediate(() => resolve(currentTerm())))).toBe(outer);
      await runInTerm(inner, async () => {
        await Promise.resolve();
        expect(currentTerm()).toBe(inner);
      });
      expect(currentTerm()).toBe(outer);
    });
    expect(() => currentTerm()).toThrow(expect.objectContaining({ code: 'ERR_NO_TERM' }));
  });

  it('is the same in a second copy of this package', async () => {
    vi.resetModules();
    const copy = await import('./term.ts');
    expect(copy.runInTerm).not.toBe(runInTerm);
    const term = newTerm(1);
    copy.runInTerm(term, () => expect(currentTerm()).toBe(term));
    runInTerm(term, () => expect(copy.currentTerm()).toBe(term));
  });

  it('keeps tasks that run at the same time apart', async () => {
    const terms = [newTerm(1), newTerm(2), newTerm(3)];
    const found = await Promise.all(
      terms.map((term) =>
        runInTerm(term, async () => {
          await Promise.resolve();
          return currentTerm();
        }),
      ),
    );
    expect(found).toEqual(terms);
  });
});

describe('LiveTerm', () => {
  it('lets work go on until it has ended', () => {
    const term = newTerm(1);
    expect(term.signal.aborted).toBe(false);
    expect(() => term.assertLeader()).not.toThrow();
  });

  it.each([
    [1, 'Term 1 has ended (stale).'],
    [undefined, 'The run without a known leader has ended (stale).'],
  ])('names the ended term, the reason and what to do: %s', (number, message) => {
    const term = newTerm(number);
    term.end('stale');
    const error = expect.objectContaining({ code: 'ERR_NOT_LEADER', message: expect.stringContaining(message) });
    expect(term.signal.reason).toEqual(error);
    expect(() => term.assertLeader()).toThrow(error);
    expect(term.signal.reason).toMatchObject({ message: expect.stringContaining('Stop what it was doing') });
  });

  it('re-evaluates before it says that the term goes on', () => {
    const term: LiveTerm = newTerm(1, () => term.end('stale'));
    expect(() => term.assertLeader()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
  });
});
