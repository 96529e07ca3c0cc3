import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { ClusterLeaderService, type DatedAnswer, type ElectorClient, type Instant } from '@cluster-leader/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client } from 'undici';
import { inVirtualTime, type VirtualTime } from './virtual-time.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const POLL_MS = 1_000;
const FIRST_EVENT = 'data: {"name":"pod-1"}\n\n';
const STEPS_TO_ARRIVE = 100_000;

/** A real server whose streams say one thing and then nothing, as nais/elector's do between two changes. */
const streams: ServerResponse[] = [];
const server = createServer((_request, response) => {
  streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
  response.write(FIRST_EVENT);
});

beforeEach(async () => {
  streams.length = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

test('a stream that is silent for a day is neither left nor opened again, and no poll is missed', async () => {
  await inVirtualTime(1, async (time) => {
    const client = new LeaderAtOnce();
    const options = { identity: 'pod-1', mode: 'sidecar', eventsUrl: url(), pollIntervalMs: POLL_MS } as const;
    const service = new ClusterLeaderService(options, client);
    const events: string[] = [];
    service.on('elected', () => events.push('elected'));
    service.on('demoted', ({ reason }) => events.push(`demoted: ${reason}`));
    await questionByEvent(client, time);
    // The control: undici's own limit ends a stream like this one.
    const limited = new Client(url().origin);
    const { body } = await limited.request({ path: '/', method: 'GET' });
    const limitedEnd = body.text().catch(String);
    client.forget();

    await time.runUntil(performance.now() + DAY_MS);

    expect(client.longestPauseMs).toBeLessThanOrEqual(1.1 * POLL_MS);
    expect(client.questions).toBeGreaterThan(DAY_MS / (1.1 * POLL_MS));
    expect(events).toEqual(['elected']);
    expect(await limitedEnd).toContain('BodyTimeoutError');
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([false, true]);
    // It is listened to all the same.
    streams[0]?.write(FIRST_EVENT);
    await questionByEvent(client, time);
    expect(streams).toHaveLength(2);
    await Promise.all([service.close(), limited.close()]);
  });
}, 60_000);

/** A sidecar that always answers, without HTTP and at once, and remembers when it was asked. */
class LeaderAtOnce implements ElectorClient {
  readonly isBroken = false;
  questions = 0;
  longestPauseMs = 0;
  shortestPauseMs = Infinity;
  #lastMs: number | undefined;

  ask(): Promise<DatedAnswer> {
    const now: Instant = { monotonicMs: performance.now(), wallMs: Date.now() };
    if (this.#lastMs !== undefined) {
      this.longestPauseMs = Math.max(this.longestPauseMs, now.monotonicMs - this.#lastMs);
      this.shortestPauseMs = Math.min(this.shortestPauseMs, now.monotonicMs - this.#lastMs);
    }
    this.#lastMs = now.monotonicMs;
    this.questions += 1;
    return Promise.resolve({ answer: { leader: 'pod-1' }, askedAt: now, answeredAt: now });
  }

  forget(): void {
    this.questions = 0;
    this.longestPauseMs = 0;
    this.shortestPauseMs = Infinity;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Lets time pass until a question comes so soon after another that no poll can have asked it. */
async function questionByEvent(client: LeaderAtOnce, time: VirtualTime): Promise<void> {
  for (let steps = 0; client.shortestPauseMs > 0.8 * POLL_MS; steps += 1) {
    if (steps > STEPS_TO_ARRIVE) throw new Error('An event of the stream brought no question.');
    await time.step();
  }
}

function url(): URL {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
  return new URL(`http://127.0.0.1:${address.port}/sse`);
}
