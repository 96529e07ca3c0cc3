import { pause } from '@cluster-leader/core/adapter-kit';
import { LARGEST_BODY, type ApiClient } from '../access/api-client.ts';
import { parseRecord, watchPathOf, type LockKind, type LockObject } from './lock-object.ts';

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
  body.on('error', () => {}); // the loop below receives it as well, unless it has ended the stream itself
  if (statusCode !== 200) return void body.destroy();
  for await (const line of linesOf(body)) {
    const state = stateIn(JSON.parse(line), lock.kind);
    if (state !== undefined) notice(state);
  }
}

/** The holder and the identity of the object in an event; undefined if it has none. Throws at one that ends the watch, such as 410. */
function stateIn(event: unknown, kind: LockKind): string | undefined {
  if (typeof event !== 'object' || event === null || !('type' in event) || !('object' in event)) {
    throw new Error('This is not an event of a watch.');
  }
  if (event.type === 'BOOKMARK') return undefined;
  if (event.type === 'DELETED') return 'absent';
  if (event.type !== 'ADDED' && event.type !== 'MODIFIED') throw new Error('The API server has ended the watch.');
  const { holder, uid } = parseRecord(kind, event.object);
  return `${uid} ${holder}`;
}

/** Splits a stream into lines; throws if one exceeds what an object of Kubernetes can have. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LARGEST_BODY) throw new Error('A line of the watch has more than 2 MiB.');
    yield* lines.filter((line) => line !== '');
  }
}
