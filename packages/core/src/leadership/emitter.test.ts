import { describe, expect, it, vi } from 'vitest';
import { Emitter } from './emitter.ts';

interface Events {
  number: number;
  word: string;
}

function newEmitter(): Emitter<Events> {
  return new Emitter<Events>((error) => expect.unreachable(String(error)));
}

describe('Emitter', () => {
  it('calls no listener before delivery, then all of them in order', () => {
    const emitter = newEmitter();
    const heard: unknown[] = [];
    emitter.on('number', (n) => heard.push(['first', n]));
    emitter.on('number', (n) => heard.push(['second', n]));
    emitter.on('word', (word) => heard.push(word));
    emitter.queue('number', 1);
    emitter.queue('word', 'one');
    expect(heard).toEqual([]);
    emitter.deliver();
    expect(heard).toEqual([['first', 1], ['second', 1], 'one']);
    emitter.deliver();
    expect(heard).toHaveLength(3);
  });

  it('does not call a listener that another one has just removed', () => {
    const emitter = newEmitter();
    const heard = vi.fn<(n: number) => void>();
    emitter.on('number', () => end());
    const end = emitter.on('number', heard);
    emitter.queue('number', 1);
    emitter.deliver();
    expect(heard).not.toHaveBeenCalled();
  });

  it('keeps the order for all listeners if one of them causes another event', () => {
    const emitter = newEmitter();
    const heard: number[] = [];
    emitter.on('number', (n) => {
      if (n > 2) return;
      emitter.queue('number', n + 1);
      emitter.deliver();
    });
    emitter.on('number', (n) => heard.push(n));
    emitter.queue('number', 1);
    emitter.deliver();
    expect(heard).toEqual([1, 2, 3]);
  });

  it.each<[what: string, listener: () => unknown, message: string]>([
    [
      'throws',
      () => {
        throw new Error('thrown');
      },
      'thrown',
    ],
    ['rejects', () => Promise.reject(new Error('rejected')), 'rejected'],
  ])('reports a listener that %s and goes on', async (_what, listener, message) => {
    const told = new Promise<unknown>((resolve) => {
      const emitter = new Emitter<Events>(resolve);
      const others = vi.fn<(n: number) => void>();
      emitter.on('number', others);
      emitter.on('number', listener);
      emitter.on('number', others);
      emitter.queue('number', 1);
      emitter.queue('number', 2);
      emitter.deliver();
      expect(others.mock.calls).toEqual([[1], [1], [2], [2]]);
    });
    expect(await told).toMatchObject({ message });
  });

  it('goes on delivering after a report that throws', () => {
    const emitter = new Emitter<Events>(() => {
      throw new Error('the logger is broken');
    });
    const heard: number[] = [];
    emitter.on('number', () => {
      throw new Error('the listener is broken');
    });
    emitter.on('number', (n) => heard.push(n));
    for (const n of [1, 2]) {
      emitter.queue('number', n);
      try {
        emitter.deliver();
      } catch {
        // Whether it is told to the caller is another question.
      }
    }
    expect(heard).toContain(2);
  });

  it('returns a function that removes this one listener, even if the same function listens twice', () => {
    const emitter = newEmitter();
    const listener = vi.fn<(n: number) => void>();
    const end = emitter.on('number', listener);
    emitter.on('number', listener);
    end();
    end();
    emitter.queue('number', 1);
    emitter.deliver();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('calls a listener that was added during delivery from the next event on', () => {
    const emitter = newEmitter();
    const late = vi.fn<(n: number) => void>();
    emitter.on('number', (n) => void (n === 1 && emitter.on('number', late)));
    emitter.queue('number', 1);
    emitter.queue('number', 2);
    emitter.deliver();
    expect(late.mock.calls).toEqual([[2]]);
  });
});
