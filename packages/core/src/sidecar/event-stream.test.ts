import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EventStream } from './event-stream.ts';
import { delayTimers } from '../fixtures/fake-clock.ts';
import { freePort, json, startSidecar, type Handler, type SidecarServer } from '../fixtures/sidecar-server.ts';

const SELF_EVENT = 'data: {"name":"pod-a"}\n\n';

function listen(url: string, onEvent: () => void = () => {}): EventStream {
  const stream = new EventStream(new URL(url), onEvent);
  onTestFinished(() => stream.close());
  return stream;
}

const stream: Handler = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();

/** Collects the delays before each new attempt, and lets them pass at once. */
function skipDelays(): number[] {
  const delays: number[] = [];
  const { setTimeout } = globalThis;
  const skipping = (callback: () => void, ms = 0): NodeJS.Timeout => {
    const isDelay = ms >= 1_000; // undici's own timers tick every 500 ms at the most
    if (isDelay) delays.push(ms);
    return setTimeout(callback, isDelay ? 0 : ms);
  };
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(skipping);
  onTestFinished(() => void vi.restoreAllMocks());
  return delays;
}

/** Resolves with the first stream that is opened from now on. */
function opened(sidecar: SidecarServer): Promise<ServerResponse> {
  return new Promise((resolve) => {
    const { handler } = sidecar;
    sidecar.handler = (response, request) => {
      sidecar.handler = handler;
      handler(response, request);
      resolve(response);
    };
  });
}

async function asked(sidecar: SidecarServer, times: number): Promise<void> {
  while (sidecar.requests < times) await once(sidecar, 'asked');
}

describe('EventStream', () => {
  it('asks for an event stream, and reports every event', async () => {
    const sidecar = await startSidecar(stream);
    const opening = opened(sidecar);
    const accept = once(sidecar, 'asked').then(([request]) => request.headers.accept);
    let told: (() => void) | undefined;
    listen(`${sidecar.url}sse`, () => told?.());
    const response = await opening;
    expect(await accept).toBe('text/event-stream');
    for (const event of ['data: {}\n\n', SELF_EVENT, SELF_EVENT, ': comment\n\n', 'nonsense']) {
      const telling = new Promise<void>((resolve) => (told = resolve));
      response.write(event);
      await telling;
    }
  });

  it('accepts a content type with parameters', async () => {
    const sidecar = await startSidecar((response) =>
      response.writeHead(200, { 'content-type': 'Text/Event-Stream; charset=utf-8' }).write(SELF_EVENT),
    );
    const onEvent = vi.fn<() => void>();
    listen(sidecar.url, onEvent);
    await asked(sidecar, 1);
    await vi.waitFor(() => expect(onEvent).toHaveBeenCalled());
  });

  it.each<[what: string, handler: Handler]>([
    ['the sidecar answers JSON on every path', json({ name: 'pod-a' })],
    ['there is no such path', (response) => void response.writeHead(404).end()],
    [
      'the status is not 200 but the type is right',
      (response) => void response.writeHead(503, { 'content-type': 'text/event-stream' }).end(SELF_EVENT),
    ],
    ['the connection is reset', (response) => void response.socket?.resetAndDestroy()],
    ['the answer is no HTTP', (response) => void response.socket?.end('nonsense\r\n\r\n')],
    [
      'the stream ends at once',
      (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
    ],
    ['it redirects', (response) => void response.writeHead(302, { location: '/' }).end()],
  ])('reconnects ever more slowly if %s', async (_what, handler) => {
    const sidecar = await startSidecar(handler);
    const delays = skipDelays();
    const onEvent = vi.fn<() => void>();
    const events = listen(sidecar.url, onEvent);
    await asked(sidecar, 8);
    events.close();
    expectSlower(delays);
    expect(onEvent).not.toHaveBeenCalled();
  });

  it('reconnects ever more slowly if nothing listens', async () => {
    const delays = skipDelays();
    const events = listen(`http://127.0.0.1:${await freePort()}/sse`);
    await vi.waitFor(() => expect(delays.length).toBeGreaterThanOrEqual(7));
    events.close();
    expectSlower(delays);
  });

  it('spreads the delays of replicas, so that they do not come back in step', async () => {
    const sidecar = await startSidecar(json({}));
    const delays = skipDelays();
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.999).mockReturnValue(0.5);
    const events = listen(sidecar.url);
    await asked(sidecar, 4);
    events.close();
    expect(delays.slice(0, 3)).toEqual([1_000, 2_000 * (1 + 0.25 * 0.999), 4_500]);
  });

  it.each<[lastedMs: number, delayMs: number]>([
    [29_000, 4_000],
    [31_000, 1_000],
  ])('reconnects, after two failures and a stream of %d ms, in %d ms', async (lastedMs, delayMs) => {
    const streaming = Promise.withResolvers<ServerResponse>();
    const sidecar = await startSidecar((response, request) => {
      if (sidecar.requests !== 3) return json({})(response, request);
      stream(response, request);
      streaming.resolve(response);
    });
    const delays = skipDelays();
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const events = listen(sidecar.url);
    const response = await streaming.promise;
    delayTimers(lastedMs);
    response.end();
    await asked(sidecar, 4);
    events.close();
    expect(delays.slice(0, 3)).toEqual([1_000, 2_000, delayMs]);
  });

  it('ends each connection before it opens the next', async () => {
    const closed: Promise<unknown>[] = [];
    // It answers only once all connections before have ended: a client that holds one is not answered any more.
    const sidecar = await startSidecar((response, request) => {
      const before = Promise.all(closed);
      closed.push(once(request.socket, 'close'));
      void before.then(() => json({})(response, request));
    });
    skipDelays();
    const events = listen(sidecar.url);
    await asked(sidecar, 10);
    events.close();
    expect(new Set(closed).size).toBeGreaterThanOrEqual(10);
  });

  it('ends for good when it is closed', async () => {
    const sidecar = await startSidecar(stream);
    const opening = opened(sidecar);
    const events = listen(sidecar.url);
    const response = await opening;
    const delays = skipDelays();
    const ended = once(response, 'close');
    events.close();
    events.close();
    await ended;
    expect(delays).toEqual([]);
    expect(sidecar.requests).toBe(1);
  });

  it('sends nothing if it is closed before it is connected', async () => {
    const sidecar = await startSidecar(json({}));
    const delays = skipDelays();
    listen(sidecar.url).close();
    const control = listen(sidecar.url);
    await asked(sidecar, 1);
    control.close();
    expect(sidecar.requests).toBe(1);
    expect(delays).toEqual([]);
  });

  it('clears its timer if it is closed while it waits', async () => {
    const sidecar = await startSidecar(json({}));
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    onTestFinished(() => void vi.restoreAllMocks());
    const waiting = (): unknown =>
      timers.mock.results[timers.mock.calls.findIndex(([, ms]) => Number(ms) >= 1_000)]?.value;
    const events = listen(sidecar.url);
    await vi.waitFor(() => expect(waiting()).toBeDefined());
    events.close();
    expect(cleared).toHaveBeenCalledWith(waiting());
  });
});

/** 1 to 1.25 s, then twice as long each time, up to 24 to 30 s. */
function expectSlower(delays: readonly number[]): void {
  for (const [index, base] of [1_000, 2_000, 4_000, 8_000, 16_000, 24_000, 24_000].entries()) {
    expect(delays[index]).toBeGreaterThanOrEqual(base);
    expect(delays[index]).toBeLessThanOrEqual(1.25 * base);
  }
}
