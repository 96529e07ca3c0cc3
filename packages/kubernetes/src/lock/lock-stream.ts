import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { LARGEST_BODY, type ApiClient } from '../access/api-client.ts';
import { parseRecord, watchPathOf, type LockObject } from './lock-object.ts';

/** The API server ends a watch after this time; a connection that is half open is given up a little later. */
const STREAM_SECONDS = 300;
const GRACE_SECONDS = 30;
const SHORTEST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** A stream that lived so long shows that the API server is well. */
const HEALTHY_MS = 10_000;

/**
 * Watches the lock object, over one connection, until `signal` aborts: calls `onChange` when another holder or another
 * object is there, or none. A renewal is no such change.
 *
 * The watch has no resourceVersion of its own: with an old one the API server repeats what has happened since, and each
 * event of that looks like a renewal.
 */
export async function watchLock(
  client: ApiClient,
  lock: LockObject,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  let known: string | undefined;
  let delayMs = SHORTEST_DELAY_MS;
  const notice = (state: string): void => {
    if (state === known) return;
    known = state;
    onChange();
  };
  while (!signal.aborted) {
    const startedAtMs = performance.now();
    try {
      await readEvents(client, lock, notice, signal);
    } catch {
      // The reason shows in the readings, which go on.
    }
    delayMs =
      performance.now() - startedAtMs >= HEALTHY_MS ? SHORTEST_DELAY_MS : Math.min(2 * delayMs, LONGEST_DELAY_MS);
    await pause(delayMs * (0.5 + Math.random()), signal);
  }
}

async function readEvents(
  client: ApiClient,
  lock: LockObject,
  notice: (state: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const seconds = Math.round(STREAM_SECONDS * (0.8 + 0.4 * Math.random()));
  const { statusCode, body } = await client.open(watchPathOf(lock, seconds), signal, 1_000 * (seconds + GRACE_SECONDS));
  if (statusCode !== 200) {
    body.destroy();
    return;
  }
  for await (const line of createInterface({ input: Readable.from(limitLines(body)) })) {
    const { type, object } = JSON.parse(line) as { readonly type?: unknown; readonly object?: unknown };
    if (type === 'ERROR') break; // such as 410: what is watched is too old
    if (type === 'DELETED') notice('absent');
    else if (type === 'ADDED' || type === 'MODIFIED') {
      const { holder, uid } = parseRecord(lock.kind, object);
      notice(`${uid} ${holder}`);
    }
  }
  body.destroy();
}

/** Passes chunks on, and throws when a single line exceeds what an object of Kubernetes can have. */
async function* limitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of body) {
    const end = chunk.lastIndexOf(10);
    length = end === -1 ? length + chunk.length : chunk.length - end;
    if (length > LARGEST_BODY) throw new Error('A line of the watch has more than 2 MiB.');
    yield chunk;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
