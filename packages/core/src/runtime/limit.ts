/** A timer that fires at least this late, in milliseconds, shows that the event loop was blocked. */
const LATE_MS = 50;
const MOST_EXTENSIONS = 3;
/** Turns of the event loop that an answer which has arrived is given to be read before the limit expires. */
const LAST_TURNS = 2;

interface LimitOptions {
  /** The limit starts again only if it then ends within this time from now, in milliseconds. By default always. */
  readonly withinMs?: number;
  /** Whether it keeps the process alive. Default false. */
  readonly keepsAlive?: boolean;
}

/**
 * Calls `expire` once `limitMs` have passed in which an answer could have been read; returns a function that stops it.
 *
 * A limit charges the other side for its own silence only (rule 6). A timer that fires late because the event loop was
 * blocked starts again, and whatever has arrived by the end is read first. `expire` receives for how long the event loop
 * was blocked, in milliseconds.
 */
export function startLimit(
  limitMs: number,
  expire: (blockedMs: number) => void,
  { withinMs = Number.POSITIVE_INFINITY, keepsAlive = false }: LimitOptions = {},
): () => void {
  let timer: NodeJS.Timeout;
  let blockedMs = 0;
  let extensions = 0;
  const startedAtMs = performance.now();
  const delayMs = Math.max(0, limitMs - LAST_TURNS);

  function start(ms: number, fire: () => void): void {
    timer = setTimeout(fire, ms);
    if (!keepsAlive) timer.unref();
  }
  function wait(ms: number, nowMs: number): void {
    const dueAtMs = nowMs + ms;
    start(ms, () => {
      const firedAtMs = performance.now();
      const lateMs = firedAtMs - dueAtMs;
      // Node.js counts from when the event loop last looked at the clock, which may be long before the timer was set.
      if (lateMs <= -1) return wait(-lateMs, firedAtMs);
      if (lateMs >= LATE_MS) blockedMs += lateMs;
      const isExtended = firedAtMs + limitMs - startedAtMs <= withinMs && extensions < MOST_EXTENSIONS;
      if (lateMs < LATE_MS || !isExtended) return turn(LAST_TURNS);
      extensions += 1;
      wait(delayMs, firedAtMs);
    });
  }
  function turn(turns: number): void {
    if (turns === 0) expire(blockedMs);
    else start(0, () => turn(turns - 1));
  }

  wait(delayMs, startedAtMs);
  return () => clearTimeout(timer);
}
