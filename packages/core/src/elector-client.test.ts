import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseAnswer } from './answer.ts';
import { ClusterLeaderService } from './cluster-leader-service.ts';
import { HttpElectorClient } from './elector-client.ts';
import { ElectorError } from './elector-error.ts';
import type { ClusterLeaderOptions } from './options.ts';
import { body, freePort, json, startSidecar, type Handler } from './fixtures/sidecar-server.ts';
import { resolveTiming } from './timing.ts';

const SELF = 'pod-a';
const GOOD = `{"name":"${SELF}"}`;
/** Short enough for tests that wait for it, long enough for a machine that is busy. */
const TIMING = { leaseDurationMs: 2_000, requestTimeoutMs: 80, checkTimeoutMs: 200 };

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

const withStatus =
  (status: number, text = GOOD): Handler =>
  (response) =>
    void response.writeHead(status).end(text);

const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy();

describe('a good answer, in whatever clothes, elects', () => {
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

describe('an answer that names nobody or another is an answer, and elects nobody', () => {
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

describe('a bad answer elects nobody, throws nothing and says what to do', () => {
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
    ['a hang before the headers', () => {}, 'unreachable', 'did not answer within 80 ms'],
    [
      'a hang in the headers',
      (response) => void response.socket?.write('HTTP/1.1 200 OK\r\nContent-'),
      'unreachable',
      'did not answer within 80 ms',
    ],
    [
      'a hang in the body',
      (response) => void response.writeHead(200, { 'content-length': GOOD.length + 1 }).write(GOOD),
      'unreachable',
      'did not answer within 80 ms',
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
    const status = leader.status();
    expect(status).toMatchObject({ standing: 'unknown', reason });
    expect(status).not.toHaveProperty('leader');
    expect(status.error).toContain(`${url} `);
    expect(status.error).toContain(error);
    expect(status.error).toContain(reason === 'unreachable' ? UNREACHABLE : INVALID);
  });

  it('nobody listens', async () => {
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

describe('a question', () => {
  it('goes to the path and query of the URL, as a plain GET', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const asked = new Promise<object>((resolve) =>
      sidecar.on('asked', ({ method, url, headers }) => resolve({ method, url, accept: headers.accept })),
    );
    await ask(newClient(`${sidecar.url}api/leader?ns=jobs`));
    expect(await asked).toEqual({ method: 'GET', url: '/api/leader?ns=jobs', accept: 'application/json' });
  });

  it('is dated by when the attempt that was answered was sent', async () => {
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
    expect(askedAt.monotonicMs - startedAtMs).toBeGreaterThan(25 + 50); // two back-offs, each of at least a half
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

  it('is not repeated where the answer is wrong, since it will not be right a moment later', async () => {
    const sidecar = await startSidecar(withStatus(404));
    expect(await failure(newClient(sidecar.url))).toMatchObject({ reason: 'invalid-answer' });
    expect(sidecar.requests).toBe(1);
  });

  it('ends within checkTimeoutMs, and says by what it failed', async () => {
    const sidecar = await startSidecar(() => {});
    const startedAtMs = performance.now();
    const error = await failure(newClient(sidecar.url, { ...TIMING, requestTimeoutMs: 100, checkTimeoutMs: 300 }));
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
    expect(error.message).toContain('did not answer within 100 ms');
    expect(sidecar.requests).toBeGreaterThan(1);
  });

  it('ends at once with its signal', async () => {
    const sidecar = await startSidecar(() => {});
    const controller = new AbortController();
    sidecar.on('asked', () => controller.abort());
    const startedAtMs = performance.now();
    await expect(newClient(sidecar.url).ask(controller.signal)).rejects.toMatchObject({ reason: 'unreachable' });
    expect(performance.now() - startedAtMs).toBeLessThan(450); // sooner than its attempt would have
  });

  it('is not asked with a signal that has aborted', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const startedAtMs = performance.now();
    await expect(newClient(sidecar.url).ask(AbortSignal.abort())).rejects.toMatchObject({ reason: 'unreachable' });
    expect(performance.now() - startedAtMs).toBeLessThan(450);
    expect(sidecar.requests).toBe(0);
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

  it('opens by failures in a row, and closes by the first answer', async () => {
    const { client } = await broken();
    expect(client.isBroken).toBe(true);
    expect((await ask(client)).answer.leader).toBe(SELF);
    expect(client.isBroken).toBe(false);
  });

  it('does not open where an answer lies between failures', async () => {
    const sidecar = await startSidecar(withStatus(500));
    const client = newClient(sidecar.url);
    for (let i = 0; i < 3 * FAILURES; i += 1) {
      sidecar.handler = i % FAILURES === FAILURES - 1 ? body(GOOD) : withStatus(500);
      await ask(client).catch(() => {});
      expect(client.isBroken).toBe(false);
    }
  });

  it('never keeps a question from being asked, also with the wall clock set back by an hour', async () => {
    const { client, requests } = await broken();
    const before = requests();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    expect((await ask(client)).answer.leader).toBe(SELF);
    expect(requests() - before).toBe(1);
    expect(client.isBroken).toBe(false);
  });

  it('makes checks answer at once while it is open', async () => {
    const { url } = await startSidecar(() => {});
    const leader = newService({ url, ...TIMING, requestTimeoutMs: 20, checkTimeoutMs: 500 });
    await leader.start();
    const startedAtMs = performance.now();
    for (let i = 0; i < 100; i += 1) expect(await leader.isLeader({ maxAgeMs: 0 })).toBe(false);
    expect(performance.now() - startedAtMs).toBeLessThan(450);
  });

  it.each<[what: string, before: Handler]>([
    ['refused and came back', reset],
    ['hung', () => {}],
    ['answered nonsense', withStatus(500)],
  ])('lets a sidecar that %s be heard within one poll interval', async (_what, before) => {
    const sidecar = await startSidecar(before);
    const leader = newService({ url: sidecar.url, leaseDurationMs: 1_000, settleMs: 0 });
    await leader.start();
    while (sidecar.requests < 6) await once(sidecar, 'asked');
    sidecar.handler = body(GOOD);
    const backAtMs = performance.now();
    await leader.waitForLeadership({ timeoutMs: 5_000 });
    // The interval is 100 ms; an attempt that was in the air when it came back may have to time out first.
    expect(performance.now() - backAtMs).toBeLessThan(900);
  });

  it('hears of a sidecar that came back on another connection, with the wall clock an hour back', async () => {
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
    const backAtMs = performance.now();
    await leader.waitForLeadership({ timeoutMs: 5_000 });
    expect(performance.now() - backAtMs).toBeLessThan(900);
  });
});

describe('ten thousand checks at the same time', () => {
  it('make one request', async () => {
    const sidecar = await startSidecar(body(GOOD));
    const leader = newService({ url: sidecar.url, leaseDurationMs: 1_000_000, maxAgeMs: 400_000 });
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => leader.isLeader({ maxAgeMs: 100 })));
    expect(answers.filter((answer) => !answer)).toEqual([]);
    expect(sidecar.requests).toBe(1);
    await Promise.all(Array.from({ length: 10_000 }, () => leader.isLeader()));
    expect(sidecar.requests).toBe(1);
  });

  it('are all answered within checkTimeoutMs by a sidecar that hangs', async () => {
    const { url } = await startSidecar(() => {});
    const leader = newService({ url, ...TIMING });
    const startedAtMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => leader.isLeader()));
    expect(answers.filter(Boolean)).toEqual([]);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
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
    ['in the tick of the question', body(GOOD)],
    ['while the sidecar hangs', () => {}],
  ])('ends a pending isLeader at once: %s', async (when, handler) => {
    const sidecar = await startSidecar(handler);
    const leader = newService({ url: sidecar.url });
    const answer = leader.isLeader();
    if (when !== 'in the tick of the question') await once(sidecar, 'asked');
    const closedAtMs = performance.now();
    await leader.close();
    expect(await answer).toBe(false);
    expect(performance.now() - closedAtMs).toBeLessThan(450);
  });
});
