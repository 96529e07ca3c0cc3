import { startLimit } from './limit.ts';
import { LONGEST_TIMER_MS } from './longest-timer.ts';

/** Waits for `work` for at most `limitMs`, and keeps the process alive meanwhile. Rejects with the signal's reason if it aborts. */
export async function within(
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (isOver: () => boolean) => Promise<void>,
): Promise<void> {
  let isOver = false;
  const ends: (() => void)[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = startLimit(limitMs, () => resolve(), { withinMs: limitMs, keepsAlive: true });
      const abort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', abort);
      ends.push(stop, () => signal?.removeEventListener('abort', abort));
      work(() => isOver).then(resolve, reject);
    });
  } finally {
    isOver = true;
    for (const end of ends) end();
  }
}

/** Resolves after `ms` or when the signal aborts, whichever is first. By default it does not keep the process alive. */
export function pause(ms: number, signal: AbortSignal, keepsAlive = false): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    if (!keepsAlive) timer.unref();
    signal.addEventListener('abort', end);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}

/** Resolves true once `work` has settled, or false after `limitMs`. It leaves no timer behind and never rejects. */
export async function withLimit(work: PromiseLike<unknown>, limitMs: number): Promise<boolean> {
  const limit = Promise.withResolvers<false>();
  const timer = setTimeout(() => limit.resolve(false), limitMs);
  try {
    return await Promise.race([work.then(isSettled, isSettled), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function isSettled(): boolean {
  return true;
}

/** Keeps the process alive until the function that it returns is called. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, LONGEST_TIMER_MS);
  return () => clearInterval(timer);
}
