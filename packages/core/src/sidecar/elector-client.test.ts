import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseAnswer } from '../belief/answer.ts';
import { ClusterLeaderService } from '../service/cluster-leader-service.ts';
import { HttpElectorClient } from './elector-client.ts';
import { ElectorError } from './elector-error.ts';
import { delayTimers, useFakeClock } from '../fixtures/fake-clock.ts';
import { ScriptedTransport } from '../fixtures/scripted-transport.ts';
import type { ClusterLeaderOptions } from '../settings/options.ts';
import { body, freePort, json, startSidecar, type Handler } from '../fixtures/sidecar-server.ts';
import { resolveTiming } from '../settings/timing.ts';

const SELF = 'pod-a';
const GOOD = `{"name":"${SELF}"}`;
/** Short enough for tests that wait for it, long enough for a machine that is busy. */
const TIMING = { leaseDurationMs: 2_000, requestTimeoutMs: 200, checkTimeoutMs: 600 };

function newService(options: ClusterLeaderOptions): ClusterLeaderService {
  const leader = new ClusterLeaderService({ identity: SELF, logger: {}, ...options });
  onTestFinished(() => leader.close());
  return leader;
}

function newClient(url: string, options: Parameters<typeof resolveTiming>[0] = {}): HttpElectorClient {
  const client = new HttpElectorClient(new URL(url), parseAnswer, resolveTiming(options));
  onTestFinished(() => client.close());
  return client;
}

/** A client on a stopped clock, whose transport hangs unless it is told to answer. */
function scripted(options: Parameters<typeof resolveTiming>[0]): {
  readonly client: HttpElectorClient;
  readonly transport: ScriptedTransport;
} {
  useFakeClock();
  const transport = new ScriptedTransport();
  const url = new URL('http://127.0.0.1:4040/');
  return { client: new HttpElectorClient(url, parseAnswer, resolveTiming(options), transport), transport };
}

const refusal = (): Error => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

const ask = (client: HttpElectorClient): ReturnType<HttpElectorClient['ask']> =>
  client.ask(new AbortController().signal);

async function failure(client: HttpElectorClient): Promise<ElectorError> {
  try {
    await ask(client);
  } catch (error) {
    if (error instanceof ElectorError) return error;
    throw error;
  }
  return expect.unreachable('it was answered');
}

/** Writes bytes as they are, past the HTTP server. */
const raw =
  (bytes: string): Handler =>
  (response) =>
    void response.socket?.end(bytes);

/** Sends the body byte by byte, each in a chunk and a packet of its own. */
const byteByByte =
  (text: string): Handler =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const bytes = Array.from(Buffer.from(text));
    const next = (): void => {
      const byte = bytes.shift();
      if (byte === undefined) response.end();
      else response.write(Buffer.from([byte]), () => setImmediate(next));
    };
    next();
  };

const redirect: Handler = (response, request) => {
  if (request.url === '/good') json({ name: SELF })(response, request);
  else response.writeHead(302, { location: '/good' }).end(GOOD);
};

const compressed =
  (encoding: string, compress: (text: string) => Buffer): Handler =>
  (response) =>
    void response.writeHead(200, { 'content-encoding': encoding }).end(compress(GOOD));

const withStatus =
  (status: number, text = GOOD): Handler =>
  (response) =>
    void response.writeHead(status).end(text);

const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy();

describe('a good answer elects this pod, whatever its form is', () => {
  it.each<[what: string, handler: Handler]>([
    ['JSON', body(GOOD)],
    ['JSON called text/plain', body(GOOD, 'text/plain; charset=utf-8')],
    ['JSON called HTML', body(GOOD, 'text/html')],
    ['JSON called nothing', (response) => void response.writeHead(200).end(GOOD)],
    ['JSON behind a byte order mark', body(`\uFEFF${GOOD}`)],
    ['JSON in chunks of one byte', byteByByte(GOOD)],
    ['JSON with unknown fields', json({ name: SELF, v: 2, lease: { holder: 'x' }, more: [1, null] })],
    ['JSON with a long unknown field', json({ name: SELF, more: 'x'.repeat(60_000) })],
    ['nais: name and last_update', json({ name: SELF, last_update: '2020-01-01T00:00:00Z' })],
    ['vapor: is_leader and leader', json({ is_leader: true, leader: SELF, node: SELF, timestamp: 'now' })],
    ['rkrmr33: leader', json({ leader: SELF })],
    ['JSON that a proxy has compressed by gzip', compressed('gzip', gzipSync)],
    ['JSON that a proxy has compressed by deflate', compressed('deflate', deflateSync)],
    ['JSON that a proxy has compressed by br', compressed('br', brotliCompressSync)],
    ['a connection that closes after the answer', raw(`HTTP/1.1 200 OK\r\n\r\n${GOOD}`)],
    ['HTTP/1.0', raw(`HTTP/1.0 200 OK\r\nContent-Length: ${GOOD.length}\r\n\r\n${GOOD}`)],
  ])('%s', async (_what, handler) => {
    const { url } = await startSidecar(handler);
    const leader = newService({ url });
    expect(await leader.isLeader()).toBe(true);
    expect(leader.status()).toMatchObject({ standing: 'leader', leader: SELF });
    expect(leader.status()).not.toHaveProperty('error');
  });
});

describe('an answer that names nobody or another pod is an answer, and does not elect this pod', () => {
  it.each<[what: string, value: unknown, status: object]>([
    ['{}', {}, { standing: 'unknown', reason: 'no-leader' }],
    ['an empty name', { name: '' }, { standing: 'unknown', reason: 'no-leader' }],
    ['an empty leader', { is_leader: false, leader: '' }, { standing: 'unknown', reason: 'no-leader' }],
    ['an empty leader, said to lead', { is_leader: true, leader: '' }, { standing: 'unknown', reason: 'no-leader' }],
    ['another name', { name: 'pod-b' }, { standing: 'follower', leader: 'pod-b' }],
    ['another name, said to lead', { is_leader: true, leader: 'pod-b' }, { standing: 'follower' }],
    ['this name, said not to lead', { is_leader: false, leader: SELF }, { standing: 'follower' }],
  ])('%s', async (_what, value, status) => {
    const { url } = await startSidecar(json(value));
    const leader = newService({ url });
    expect(await leader.isLeader()).toBe(false);
    expect(leader.status()).toMatchObject(status);
    expect(leader.status()).not.toHaveProperty('error');
  });
});

describe('a bad answer does not elect this pod, throws nothing and says what to do', () => {
  const INVALID = 'Point the option url (port and path) at the sidecar, or set the option parse';
  const UNREACHABLE =
    'See that the sidecar runs in this pod and listens there, or set the option url or $ELECTOR_GET_URL';

  it.each<[what: string, handler: Handler, reason: 'invalid-answer' | 'unreachable', error: string]>([
    ['a name that is null', json({ name: null }), 'invalid-answer', 'names a leader that is not a string'],
    ['a name that is a number', json({ name: 7 }), 'invalid-answer', 'names a leader that is not a string'],
    [
      'a name that is an object',
      json({ name: { pod: SELF } }),
      'invalid-answer',
      'names a leader that is not a string',
    ],
    ['a flag that is no boolean', json({ is_leader: 'yes', leader: SELF }), 'invalid-answer', 'not a boolean'],
    ['an array', json([{ name: SELF }]), 'invalid-answer', 'is not a JSON object'],
    ['a string', json(SELF), 'invalid-answer', 'is not a JSON object'],
    ['null', json(null), 'invalid-answer', 'is not a JSON object'],
    [
      'gzip that is none',
      (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(GOOD),
      'invalid-answer',
      'that is not gzip',
    ],
    [
      'a small gzip of over 64 KiB',
      compressed('gzip', () => gzipSync(`{"name":"${SELF}"${' '.repeat(100_000)}}`)),
      'invalid-answer',
      'or is over 64 KiB',
    ],
    ['an unknown encoding', compressed('zstd-2', gzipSync), 'invalid-answer', 'the content-encoding zstd-2'],
    ['an empty body', body(''), 'invalid-answer', 'is not JSON'],
    ['HTML', body(`<html>${GOOD}</html>`, 'text/html'), 'invalid-answer', 'is not JSON'],
    ['plain text', body(SELF, 'text/plain'), 'invalid-answer', 'is not JSON'],
    ['1 MB', json({ name: SELF, more: 'x'.repeat(1024 * 1024) }), 'invalid-answer', 'answered with over 64 KiB'],
    ['302 to a good answer', redirect, 'invalid-answer', 'answered with a redirect, which is not followed'],
    ['304', withStatus(304, ''), 'invalid-answer', 'answered with a redirect'],
    ['201', withStatus(201), 'invalid-answer', 'answered with status 201'],
    ['204', withStatus(204, ''), 'invalid-answer', 'answered with status 204'],
    ['404', withStatus(404), 'invalid-answer', 'answered with status 404'],
    ['500', withStatus(500), 'invalid-answer', 'answered with status 500'],
    ['503', withStatus(503), 'invalid-answer', 'answered with status 503'],
    ['bytes that are no HTTP', raw('220 mail.example.com ESMTP\r\n\r\n'), 'invalid-answer', 'that is not HTTP'],
    ['a reset', reset, 'unreachable', 'could not be asked (ECONNRESET)'],
    ['an end before the headers', (response) => void response.socket?.end(), 'unreachable', 'could not be asked'],
    ['a hang before the headers', () => {}, 'unreachable', 'did not answer within 200 ms'],
    [
      'a hang in the headers',
      (response) => void response.socket?.write('HTTP/1.1 200 OK\r\nContent-'),
      'unreachable',
      'did not answer within 200 ms',
    ],
    [
      'a hang in the body',
      (response) => void response.writeHead(200, { 'content-length': GOOD.length + 1 }).write(GOOD),
      'unreachable',
      'did not answer within 200 ms',
    ],
    [
      'an end in the body',
      (response) => {
        response.writeHead(200, { 'content-length': GOOD.length + 1 });
        response.write(GOOD, () => response.socket?.end());
      },
      'unreachable',
      'could not be asked',
    ],
    [
      'a reset in the body',
      (response) => {
        response.writeHead(200, { 'content-length': GOOD.length + 1 });
        response.write(GOOD, () => reset(response));
      },
      'unreachable',
      'could not be asked',
    ],
  ])('%s', async (_what, handler, reason, error) => {
    const { url } = await startSidecar(handler);
    const leader = newService({ url, ...TIMING });
    expect(await leader.isLeader()).toBe(false);
    await vi.waitFor(() => expect(leader.status()).toHaveProperty('error'), { timeout: 10_000 });
    const status = leader.status();
    expect(status).toMatchObject({ standing: 'unknown', reason });
    expect(status).not.toHaveProperty('leader');
    expect(status.error).toContain(`${url} `);
    expect(status.error).toContain(error);
    expect(status.error).toContain(reason === 'unreachable' ? UNREACHABLE : INVALID);
  });

  it('nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    const leader = newService({ url, ...TIMING });
    expect(await leader.isLeader()).toBe(false);
    expect(leader.status()).toMatchObject({ standing: 'unknown', reason: 'unreachable' });
    expect(leader.status().error).toBe(`${url} could not be asked (ECONNREFUSED). ${UNREACHABLE}.`);
  });

  it('a parse of the user that throws', async () => {
    const { url } = await startSidecar(body(GOOD));
    const leader = newService({
      url,
      parse: () => {
        throw new Error('has no holder');
      },
    });
    expect(await leader.isLeader()).toBe(false);
    expect(leader.status()).toMatchObject({ reason: 'invalid-answer' });
    expect(leader.status().error).toContain('has no holder');
  });
});

describe('a request', () => {
  it('goes to the path and query of the URL, as a plain GET', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const asked = new Promise<object>((resolve) =>
      sidecar.on('asked', ({ method, url, headers }) => resolve({ method, url, accept: headers.accept })),
    );
    await ask(newClient(`${sidecar.url}api/leader?ns=jobs`));
    expect(await asked).toEqual({ method: 'GET', url: '/api/leader?ns=jobs', accept: 'application/json' });
  });

  it('is dated with the time at which the answered attempt was sent', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const handler = sidecar.handler;
    let attempts = 0;
    let lastAtMs = 0;
    sidecar.handler = (response, request) => {
      lastAtMs = performance.now();
      if ((attempts += 1) < 3) reset(response);
      else handler(response, request);
    };
    const startedAtMs = performance.now();
    const { answer, askedAt, answeredAt } = await ask(newClient(sidecar.url));
    expect(answer.leader).toBe(SELF);
    expect(attempts).toBe(3);
    expect(askedAt.monotonicMs - startedAtMs).toBeGreaterThan(18 + 37); // two back-offs, each of at least a half
    expect(askedAt.monotonicMs).toBeLessThanOrEqual(lastAtMs);
    expect(answeredAt.monotonicMs).toBeGreaterThanOrEqual(lastAtMs);
  });

  it('is asked again after an attempt that hangs', async () => {
    const sidecar = await startSidecar(() => {});
    const good = body(GOOD);
    let attempts = 0;
    sidecar.handler = (response, request) => void ((attempts += 1) > 1 && good(response, request));
    expect((await ask(newClient(sidecar.url, TIMING))).answer.leader).toBe(SELF);
  });

  it('is not repeated if the answer is invalid, since it will not become valid', async () => {
    const sidecar = await startSidecar(withStatus(404));
    expect(await failure(newClient(sidecar.url))).toMatchObject({ reason: 'invalid-answer' });
    expect(sidecar.requests).toBe(1);
  });

  it('ends within checkTimeoutMs, and says how it failed', async () => {
    const { client, transport } = scripted({ requestTimeoutMs: 100, checkTimeoutMs: 300 });
    const failed = failure(client);
    await vi.advanceTimersByTimeAsync(300);
    const error = await failed;
    expect(error.message).toContain('did not answer within 100 ms. See');
    expect(error.wasSilent).toBe(true);
    expect(transport.requests).toBeGreaterThan(1);
  });

  it('says that the event loop was blocked while it waited', async () => {
    const { client } = scripted({ requestTimeoutMs: 100, checkTimeoutMs: 300 });
    const failed = failure(client);
    delayTimers(700);
    await vi.advanceTimersByTimeAsync(100);
    const blocked = 'did not answer within 100 ms, while the event loop of this process was blocked for 700 ms';
    expect((await failed).message).toContain(blocked);
  });

  it('is not given up because the event loop was blocked', async () => {
    const { client, transport } = scripted({ requestTimeoutMs: 100, checkTimeoutMs: 300 });
    transport.reply = { status: 200, body: GOOD };
    transport.latencyMs = 150;
    const asked = ask(client);
    delayTimers(60);
    await vi.advanceTimersByTimeAsync(150);
    expect((await asked).answer.leader).toBe(SELF);
    expect(transport.requests).toBe(1);
  });

  it.each<[what: string, replies: (Error | undefined)[], wasSilent: boolean | undefined]>([
    ['an answer', [], undefined],
    ['silence', [undefined], true],
    ['a refusal', [refusal()], false],
    ['silence, then a refusal', [undefined, refusal()], false],
    ['a refusal, then silence', [refusal(), undefined], true],
    ['silence, then a reset', [undefined, new Error('reset')], true],
    ['a reset', [new Error('reset')], undefined],
  ])('that is answered after %s distinguishes silence from a refusal', async (_what, replies, wasSilent) => {
    const { client, transport } = scripted({ requestTimeoutMs: 100, checkTimeoutMs: 2_000 });
    const queued = [...replies];
    const request = transport.request.bind(transport);
    transport.request = (signal) => {
      transport.reply = queued.length > 0 ? queued.shift() : { status: 200, body: GOOD };
      return request(signal);
    };
    const asked = ask(client);
    await vi.advanceTimersByTimeAsync(2_000);
    const answer = await asked;
    expect(answer.answer.leader).toBe(SELF);
    expect(answer.wasSilent).toBe(wasSilent);
  });

  it('remembers silence when the next attempt is answered with something invalid', async () => {
    const { client, transport } = scripted({ requestTimeoutMs: 100, checkTimeoutMs: 2_000 });
    const failed = failure(client);
    await vi.advanceTimersByTimeAsync(50);
    transport.reply = { status: 503, body: '' };
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await failed).toMatchObject({ reason: 'invalid-answer', wasSilent: true });
  });

  it('ends at its limit although the transport ignores signals', async () => {
    const { client, transport } = scripted({ requestTimeoutMs: 100, checkTimeoutMs: 300 });
    transport.request = () => new Promise(() => {});
    const failed = failure(client);
    await vi.advanceTimersByTimeAsync(300);
    expect(await failed).toMatchObject({ reason: 'unreachable' });
  });

  it('ends at once with its signal', async () => {
    const { client } = scripted({});
    const controller = new AbortController();
    const asked = client.ask(controller.signal);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it('ends at once with its signal between two attempts', async () => {
    const { client, transport } = scripted({});
    transport.reply = refusal();
    const controller = new AbortController();
    const asked = client.ask(controller.signal);
    asked.catch(() => {});
    await vi.advanceTimersByTimeAsync(1);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ reason: 'unreachable' });
    await vi.advanceTimersByTimeAsync(1_000); // in which the back-off that nobody waits for ends
    expect(transport.requests).toBe(1);
  });

  it('is not asked with a signal that has aborted', async () => {
    const { client, transport } = scripted({});
    await expect(client.ask(AbortSignal.abort())).rejects.toMatchObject({ reason: 'unreachable' });
    expect(transport.requests).toBe(0);
  });

  it('shares its two connections with the questions before it', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const connections = vi.fn<() => void>();
    sidecar.server.on('connection', connections);
    const client = newClient(sidecar.url);
    for (let i = 0; i < 5; i += 1) await ask(client);
    expect(connections.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('does not go through a proxy', async () => {
    const proxy = await startSidecar(json({ name: 'proxy' }));
    for (const name of ['HTTP_PROXY', 'http_proxy', 'NODE_USE_ENV_PROXY']) vi.stubEnv(name, proxy.url);
    onTestFinished(() => void vi.unstubAllEnvs());
    const sidecar = await startSidecar(body(GOOD));
    expect((await ask(newClient(sidecar.url))).answer.leader).toBe(SELF);
  });
});

describe('the circuit', () => {
  const FAILURES = 5;

  /** A client whose circuit is open, with a sidecar that is in order again. */
  async function broken(): Promise<{ client: HttpElectorClient; requests: () => number }> {
    const sidecar = await startSidecar(withStatus(500));
    const client = newClient(sidecar.url);
    for (let i = 1; i < FAILURES; i += 1) await failure(client);
    expect(client.isBroken).toBe(false);
    await failure(client);
    sidecar.handler = body(GOOD);
    return { client, requests: () => sidecar.requests };
  }

  it('opens after failures in a row, and closes with the first answer', async () => {
    const { client } = await broken();
    expect(client.isBroken).toBe(true);
    expect((await ask(client)).answer.leader).toBe(SELF);
    expect(client.isBroken).toBe(false);
  });

  it('does not open if an answer comes between failures', async () => {
    const sidecar = await startSidecar(withStatus(500));
    const client = newClient(sidecar.url);
    for (let i = 0; i < 3 * FAILURES; i += 1) {
      sidecar.handler = i % FAILURES === FAILURES - 1 ? body(GOOD) : withStatus(500);
      await ask(client).catch(() => {});
      expect(client.isBroken).toBe(false);
    }
  });

  it('never prevents a request, even with the wall clock set back by an hour', async () => {
    const { client, requests } = await broken();
    const before = requests();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    expect((await ask(client)).answer.leader).toBe(SELF);
    expect(requests() - before).toBe(1);
    expect(client.isBroken).toBe(false);
  });

  it('makes checks answer at once while it is open', async () => {
    const { client } = scripted({ requestTimeoutMs: 20, checkTimeoutMs: 500 });
    const leader = new ClusterLeaderService({ identity: SELF, logger: {} }, client);
    onTestFinished(() => leader.close());
    const started = leader.start();
    await vi.advanceTimersByTimeAsync(500);
    await started;
    expect(client.isBroken).toBe(true);
    for (let i = 0; i < 100; i += 1) expect(await leader.isLeader({ maxAgeMs: 0 })).toBe(false);
  });

  it.each<[what: string, before: ScriptedTransport['reply']]>([
    ['refused', refusal()],
    ['hung', undefined],
    ['answered nonsense', { status: 500, body: '' }],
  ])('does not delay the answer of a sidecar that %s and came back', async (_what, before) => {
    const { client, transport } = scripted({});
    transport.reply = before;
    const leader = new ClusterLeaderService({ identity: SELF, logger: {}, settleMs: 0 }, client);
    onTestFinished(() => leader.close());
    void leader.start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(client.isBroken).toBe(true);
    transport.reply = { status: 200, body: GOOD };
    await vi.advanceTimersByTimeAsync(750 + 375); // one poll, and an attempt under way that must time out first
    expect(leader.standing).toBe('leader');
  });

  it('reaches a sidecar that came back on another connection, with the wall clock an hour back', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const { port } = sidecar;
    const leader = newService({ url: sidecar.url, leaseDurationMs: 1_000, settleMs: 0 });
    expect(await leader.start()).toBe('leader');
    const demoted = new Promise((resolve) => leader.on('demoted', resolve));
    await sidecar.stop();
    await demoted;
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    await sidecar.listen('127.0.0.1', port);
    await leader.waitForLeadership({ timeoutMs: 15_000 });
  });
});

describe('ten thousand checks at the same time', () => {
  it('make one request', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const leader = newService({
      url: sidecar.url,
      leaseDurationMs: 1_000_000,
      maxAgeMs: 400_000,
      checkTimeoutMs: 300_000,
    });
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => leader.isLeader({ maxAgeMs: 100 })));
    expect(answers.filter((answer) => !answer)).toEqual([]);
    expect(sidecar.requests).toBe(1);
    await Promise.all(Array.from({ length: 10_000 }, () => leader.isLeader()));
    expect(sidecar.requests).toBe(1);
  });

  it('all end within checkTimeoutMs if the sidecar hangs', async () => {
    const { client } = scripted({});
    const leader = new ClusterLeaderService({ identity: SELF, logger: {} }, client);
    onTestFinished(() => leader.close());
    const answers = Promise.all(Array.from({ length: 10_000 }, () => leader.isLeader()));
    await vi.advanceTimersByTimeAsync(1_500);
    expect((await answers).filter(Boolean)).toEqual([]);
  });
});

describe('close', () => {
  it('ends the connections, and may be called again', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const client = newClient(sidecar.url);
    const ended = new Promise<void>((resolve) =>
      sidecar.server.on('connection', (socket) => socket.on('close', () => resolve())),
    );
    await ask(client);
    await client.close();
    await client.close();
    expect(await ended).toBeUndefined();
  });

  it.each<[when: string, handler: Handler]>([
    ['in the tick of the call', body(GOOD)],
    ['while the sidecar hangs', () => {}],
  ])('ends a pending isLeader() at once: %s', async (when, handler) => {
    const sidecar = await startSidecar(handler);
    // With limits above that of the test, so that nothing but close() ends the wait.
    const leader = newService({
      url: sidecar.url,
      leaseDurationMs: 1_000_000,
      maxAgeMs: 400_000,
      checkTimeoutMs: 200_000,
      requestTimeoutMs: 100_000,
    });
    const answer = leader.isLeader();
    if (when !== 'in the tick of the call') await once(sidecar, 'asked');
    await leader.close();
    expect(await answer).toBe(false);
  });
});
