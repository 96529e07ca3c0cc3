import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runChild } from '../fixtures/child.ts';
import { freePort, json, SidecarServer, type Handler } from '../fixtures/sidecar-server.ts';

const SELF = 'pod-a';
/** How long the event loop of a process that nothing holds may still turn after its last line, on a busy machine. */
const PROMPT_MS = 10_000;
/** Limits far above it, so that what a hanging request holds is held for good, and a starved sidecar is not taken for silent. */
const PATIENT = {
  leaseDurationMs: 1_000_000,
  maxAgeMs: 400_000,
  checkTimeoutMs: 300_000,
  requestTimeoutMs: 300_000,
  pollIntervalMs: 50,
};

/** Paths: `/` names the pod, `/hang` never answers, `/streaming` names it once `/sse` is listened to, `/later` the fifth time. */
function newHandler(): Handler {
  let streams = 0;
  let asked = 0;
  return (response, request) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/hang') return;
    if (pathname === '/sse') {
      streams += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
      return;
    }
    const leads = pathname === '/' || (pathname === '/streaming' && streams > 0);
    const later = pathname === '/later' && (asked += 1) >= 5;
    json({ name: leads || later ? SELF : 'pod-b' })(response, request);
  };
}

const servers: SidecarServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

async function serve(host = '127.0.0.1', tls?: ConstructorParameters<typeof SidecarServer>[1]): Promise<number> {
  const server = new SidecarServer(newHandler(), tls);
  servers.push(server);
  await server.listen(host);
  return server.port;
}

/** Makes localhost be ::1 first, as on most machines, whatever the hosts file of this one says. */
const DUAL_STACK = `
  import dns from 'node:dns';
  dns.lookup = (_name, options, callback) => {
    const addresses = [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }];
    process.nextTick(() => (options.all ? callback(null, addresses) : callback(null, '::1', 6)));
  };`;

/** What became of a process: what it said, and whether it went on after its last line. */
interface Exit {
  /** Null where it had to be killed. */
  readonly code: number | null;
  readonly said: string;
  readonly stderr: string;
  readonly isHeld: boolean;
}

const exit = (said: unknown): unknown => ({ code: 0, said, stderr: '', isHeld: false });

/** Runs a module with a `leader`. */
async function run(options: object, source: string, { env = {}, before = '' } = {}): Promise<Exit> {
  const all = { identity: SELF, ...('leaseDurationMs' in options ? {} : PATIENT), ...options };
  const { code, stdout, stderr } = await runChild(
    `${before}
    import { ClusterLeaderService } from '@cluster-leader/core';
    const leader = new ClusterLeaderService({ ...${JSON.stringify(all)}, logger: {} });
    ${source}
    // Not a time from here to the exit: there V8 may wait for threads that get no turn.
    setTimeout(() => console.log('held'), ${PROMPT_MS}).unref();`,
    { env },
  );
  const [, said = '', held] = /^(.*?)(held\n)?$/s.exec(stdout) ?? [];
  return { code, said, stderr, isHeld: held !== undefined };
}

describe.concurrent('a process', { timeout: 60_000 }, () => {
  let port = 0;
  beforeAll(async () => {
    port = await serve();
  });

  it.each<[what: string, source: string, said: string]>([
    ['only constructs', '', ''],
    ['has asked', 'console.log(await leader.isLeader());', 'true\n'],
    ['is started and has nothing else to do', 'console.log(await leader.start());', 'leader\n'],
    ['only listens', 'leader.on("elected", () => {});', ''],
    ['has waited to be elected', 'console.log((await leader.waitForLeadership()).number);', '1\n'],
    ['has closed', 'console.log(await leader.isLeader()); await leader.close();', 'true\n'],
    [
      'has closed while it asked',
      'const asked = leader.isLeader(); await leader.close(); console.log(await asked);',
      'false\n',
    ],
  ])('exits by itself if it %s', async (_what, source, said) => {
    expect(await run({ url: `http://127.0.0.1:${port}/` }, source)).toEqual(exit(said));
  });

  it('exits by itself while a poll hangs', async () => {
    const source = 'leader.on("elected", () => {}); await new Promise(setImmediate);';
    expect(await run({ url: `http://127.0.0.1:${port}/hang` }, source)).toEqual(exit(''));
  });

  it('exits by itself while a poll hangs on a connection that has been used before', async () => {
    const source = `
      import { createServer } from 'node:http';
      import { once } from 'node:events';
      let polls = 0;
      const server = createServer((request, response) => {
        if ((polls += 1) < 2) response.end('{"name":"${SELF}"}');
        else server.unref().emit('hanging');
      });
      server.on('connection', (socket) => socket.unref());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const polling = new ClusterLeaderService({
        url: 'http://127.0.0.1:' + server.address().port, identity: '${SELF}', logger: {},
        ...${JSON.stringify(PATIENT)},
      });
      const hanging = once(server, 'hanging');
      console.log(await polling.isLeader());
      await hanging;`;
    expect(await run({}, source)).toEqual(exit('true\n'));
  });

  it('exits by itself while a stream of events is open', async () => {
    const options = { url: `http://127.0.0.1:${port}/streaming`, eventsUrl: `http://127.0.0.1:${port}/sse` };
    const source = 'console.log((await leader.waitForLeadership()).number);';
    expect(await run(options, source)).toEqual(exit('1\n'));
  });

  it('exits by itself while a stream of events is to be tried again', async () => {
    const options = { url: `http://127.0.0.1:${port}/`, eventsUrl: `http://127.0.0.1:${await freePort()}/sse` };
    expect(await run(options, 'console.log(await leader.isLeader({ maxAgeMs: 0 }));')).toEqual(exit('true\n'));
  });

  it('is kept alive by isLeader() on a sidecar that hangs, until the check ends', async () => {
    const options = { url: `http://127.0.0.1:${port}/hang`, leaseDurationMs: 2_000 };
    expect(await run(options, 'console.log(await leader.isLeader());')).toEqual(exit('false\n'));
  });

  it('is kept alive by a gate on a sidecar that hangs, until the run is skipped', async () => {
    const options = { url: `http://127.0.0.1:${port}/hang`, leaseDurationMs: 2_000 };
    const source = 'console.log((await leader.runIfLeader(() => {})).ran);';
    expect(await run(options, source)).toEqual(exit('false\n'));
  });

  it('is kept alive by waitForLeadership() until it is elected', async () => {
    const options = { url: `http://127.0.0.1:${port}/later` };
    const source = 'console.log((await leader.waitForLeadership()).number);';
    expect(await run(options, source)).toEqual(exit('1\n'));
  });

  it('is kept alive by waitForLeadership() until its time is over', async () => {
    const options = { url: `http://127.0.0.1:${await freePort()}/` };
    const source = 'await leader.waitForLeadership({ timeoutMs: 300 }).catch(({ code }) => console.log(code));';
    expect(await run(options, source)).toEqual(exit('ERR_WAIT_TIMEOUT\n'));
  });
});

describe.concurrent('localhost', { timeout: 60_000 }, () => {
  it.each<[host: string, eventsPath: string | undefined]>([
    ['127.0.0.1', undefined],
    ['::1', undefined],
    ['127.0.0.1', '/sse'],
    ['::1', '/sse'],
  ])('is found if only %s listens, and does not keep the process alive (events: %s)', async (host, eventsPath) => {
    const url = `http://localhost:${await serve(host)}`;
    const options = eventsPath === undefined ? { url } : { url: `${url}/streaming`, eventsUrl: url + eventsPath };
    const source = 'console.log((await leader.waitForLeadership()).number);';
    expect(await run(options, source, { before: DUAL_STACK })).toEqual(exit('1\n'));
  });
});

describe('the default address', { timeout: 60_000 }, () => {
  it.each(['127.0.0.1', '::1'])('is found if only %s listens', async (host) => {
    const server = new SidecarServer(json({ name: SELF }));
    onTestFinished(() => server.stop());
    await server.listen(host, 4040);
    expect(await run({}, 'console.log(await leader.isLeader());')).toEqual(exit('true\n'));
  });
});

describe('https', { timeout: 60_000 }, () => {
  let folder = '';
  let port = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cluster-leader-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const names = ['-subj', '/CN=sidecar', '-addext', 'subjectAltName=IP:127.0.0.1'];
    await promisify(execFile)('openssl', [...request, ...names, '-days', '2', '-keyout', key, '-out', cert]);
    port = await serve('127.0.0.1', { key: await readFile(key), cert: await readFile(cert) });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is asked if the certificate is trusted, and does not keep the process alive', async () => {
    const url = `https://127.0.0.1:${port}/streaming`;
    const env = { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') };
    const source = 'console.log((await leader.waitForLeadership()).number);';
    expect(await run({ url, eventsUrl: `https://127.0.0.1:${port}/sse` }, source, { env })).toEqual(exit('1\n'));
  });

  it('is not asked if the certificate is not trusted, and the status says so', async () => {
    const options = { url: `https://127.0.0.1:${port}/`, ...PATIENT, checkTimeoutMs: 10_000, requestTimeoutMs: 5_000 };
    const result = await run(options, 'console.log(await leader.isLeader(), leader.status().error);');
    expect(result).toEqual(exit(expect.stringMatching(/^false .*DEPTH_ZERO_SELF_SIGNED_CERT/)));
  });
});
