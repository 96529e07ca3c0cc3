import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { ClusterLeaderService, type DatedAnswer, type ElectorClient, type Instant } from '@cluster-leader/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client } from 'undici';
import { inVirtualTime, type VirtualTime } from '../support/virtual-time.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const POLL_MS = 1_000;
const FIRST_EVENT = 'data: {"name":"pod-1"}\n\n';
const STEPS_TO_ARRIVE = 100_000;

/** A real server whose streams send one event and then nothing, as nais/elector's do between two changes. */
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

test('a stream that is silent for a day is neither closed nor reopened, and no poll is missed', async () => {
  await inVirtualTime(1, async (time) => {
    const client = new LeaderAtOnce();
    const options = { identity: 'pod-1', mode: 'sidecar', eventsUrl: url(), pollIntervalMs: POLL_MS } as const;
    const service = new ClusterLeaderService(options, client);
    const events: string[] = [];
    service.on('elected', () => events.push('elected'));
    service.on('demoted', ({ reason }) => events.push(`demoted: ${reason}`));
    await requestByEvent(client, time);
    // The control: undici's default limit ends such a stream.
    const limited = new Client(url().origin);
    const { body } = await limited.request({ path: '/', method: 'GET' });
    const limitedEnd = body.text().catch(String);
    client.forget();

    await time.runUntil(performance.now() + DAY_MS);

    expect(client.longestPauseMs).toBeLessThanOrEqual(1.1 * POLL_MS);
    expect(client.requests).toBeGreaterThan(DAY_MS / (1.1 * POLL_MS));
    expect(events).toEqual(['elected']);
    expect(await limitedEnd).toContain('BodyTimeoutError');
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([false, true]);
    // The service still reads the stream.
    streams[0]?.write(FIRST_EVENT);
    await requestByEvent(client, time);
    expect(streams).toHaveLength(2);
    await Promise.all([service.close(), limited.close()]);
  });
}, 60_000);

/** Answers immediately without HTTP, and remembers when it was asked. */
class LeaderAtOnce implements ElectorClient {
  readonly isBroken = false;
  requests = 0;
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
    this.requests += 1;
    return Promise.resolve({ answer: { leader: 'pod-1' }, askedAt: now, answeredAt: now });
  }

  forget(): void {
    this.requests = 0;
    this.longestPauseMs = 0;
    this.shortestPauseMs = Infinity;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Advances the time until a request follows another so soon that it cannot be a poll. */
async function requestByEvent(client: LeaderAtOnce, time: VirtualTime): Promise<void> {
  for (let steps = 0; client.shortestPauseMs > 0.8 * POLL_MS; steps += 1) {
    if (steps > STEPS_TO_ARRIVE) throw new Error('The event of the stream caused no request.');
    await time.step();
  }
}

function url(): URL {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server is not listening.');
  return new URL(`http://127.0.0.1:${address.port}/sse`);
}
