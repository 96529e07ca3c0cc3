import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LockRecordReader } from '@cluster-leader/core';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { recordedAnswer } from '../../../../test/support/recorded-answer.ts';
import { certificates, serve, serveSecurely, type Certificates } from '../fixtures/api-server.ts';
import type { Environment } from '../access/api-access.ts';
import { createLock, kubernetesLock, type KubernetesLockOptions } from './kubernetes-lock.ts';

const LEASE = { kind: 'Lease', name: 'e-krmcbride', namespace: 'default' } as const;
const TOKEN = 'secret-token-1';
const NOWHERE = '/nowhere';

function newLock(options: KubernetesLockOptions, env: Environment = {}, folder = NOWHERE): LockRecordReader {
  const lock = createLock(options, env, folder);
  onTestFinished(() => lock.close());
  return lock;
}

const read = (lock: LockRecordReader): Promise<unknown> => lock.read(new AbortController().signal);

function answer(response: ServerResponse, name: string): void {
  const { status, body } = recordedAnswer(name);
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** A pod's folder of the service account. */
function serviceAccount(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'service-account-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('It did not reject.'),
    (cause: unknown) => cause,
  );
  return error instanceof Error ? error.message : String(error);
}

describe('read', () => {
  test('asks for the one object, without a resourceVersion', async () => {
    const server = await serve((_request, response) => answer(response, 'lease-krmcbride'));
    const record = await read(newLock({ ...LEASE, server: server.url, token: TOKEN }));
    expect(record).toMatchObject({ holder: 'pod-2', version: 420n });
    const [request] = server.requests;
    expect(request?.method).toBe('GET');
    expect(request?.url).toBe('/apis/coordination.k8s.io/v1/namespaces/default/leases/e-krmcbride');
    expect(request?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test('goes through a path of the server, such as that of a proxy', async () => {
    const server = await serve((_request, response) => answer(response, 'lease-krmcbride'));
    await read(newLock({ ...LEASE, server: `${server.url}/clusters/c1/` }));
    expect(server.requests[0]?.url).toBe(
      '/clusters/c1/apis/coordination.k8s.io/v1/namespaces/default/leases/e-krmcbride',
    );
  });

  test('resolves with undefined if there is no such object', async () => {
    const server = await serve((_request, response) => answer(response, '404-lease'));
    expect(await read(newLock({ ...LEASE, server: server.url }))).toBeUndefined();
  });

  test('has four questions under way at once', async () => {
    const waiting: ServerResponse[] = [];
    const server = await serve((_request, response) => {
      waiting.push(response);
      if (waiting.length === 4) waiting.forEach((one) => answer(one, 'lease-krmcbride'));
    });
    const lock = newLock({ ...LEASE, server: server.url });
    expect(await Promise.all([read(lock), read(lock), read(lock), read(lock)])).toHaveLength(4);
  });

  test('rejects with the reason of its signal', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const reading = newLock({ ...LEASE, server: server.url }).read(controller.signal);
    const reason = new Error('too late');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  test('goes on for another app of the process after one has closed the reader', async () => {
    const server = await serve((_request, response) => answer(response, 'lease-krmcbride'));
    const lock = newLock({ ...LEASE, server: server.url });
    await lock.close();
    expect(await read(lock)).toMatchObject({ holder: 'pod-2' });
  });

  test('rejects when the reader is closed', async () => {
    const server = await serve(() => {});
    const lock = newLock({ ...LEASE, server: server.url });
    const reading = messageOf(read(lock));
    await lock.close();
    expect(await reading).toMatch(/is closed/);
  });
});

describe('a failure says what to do, and nothing of the token', () => {
  const cases: [what: string, listener: RequestListener, message: RegExp][] = [
    [
      '401',
      (_request, response) => answer(response, '401-bad-token'),
      /401.*does not accept the token: it has expired/,
    ],
    ['429', (_request, response) => response.writeHead(429, { 'retry-after': '60' }).end(), /answered 429.*overloaded/],
    ['500', (_request, response) => response.writeHead(500).end('secret-token-1'), /answered 500.*not ready/],
    ['504', (_request, response) => answer(response, 'get-resourceVersion-too-large'), /answered 504/],
    [
      'a redirect',
      (_request, response) => response.writeHead(302, { location: '/other' }).end(),
      /answered 302.*not followed/,
    ],
    [
      '404 pages of another server',
      (_request, response) => response.writeHead(418).end(),
      /answered 418.*address of an API server/,
    ],
    ['HTML', (_request, response) => response.end('<html>'), /Lease e-krmcbride in namespace default is not the lock/],
    ['over 2 MiB', (_request, response) => response.end('x'.repeat(2 * 1024 * 1024 + 1)), /more than 2 MiB/],
    ['a reset', (request) => request.socket.resetAndDestroy(), /could not be asked \(ECONNRESET\)/],
    [
      'an end in the body',
      (_request, response) => response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy()),
      /could not be asked/,
    ],
  ];

  test.each(cases)('%s', async (_what, listener, message) => {
    const server = await serve(listener);
    const said = await messageOf(read(newLock({ ...LEASE, server: server.url, token: TOKEN })));
    expect(said).toMatch(message);
    expect(said).not.toContain('secret');
  });

  test('nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    const port = typeof address === 'object' ? address?.port : undefined;
    const said = await messageOf(read(newLock({ ...LEASE, server: `http://127.0.0.1:${port}` })));
    expect(said).toMatch(/could not be asked \(ECONNREFUSED\)\. See that it runs/);
  });

  test('a missing Role, with the Role and RoleBinding to apply', async () => {
    const server = await serve((_request, response) => answer(response, '403-no-role'));
    const said = await messageOf(read(newLock({ ...LEASE, server: server.url, token: TOKEN })));
    expect(said).toBe(
      [
        'The service account nobody in namespace default may not do this (403). Apply:',
        'apiVersion: rbac.authorization.k8s.io/v1',
        'kind: Role',
        'metadata: { name: e-krmcbride-lock-reader, namespace: default }',
        'rules:',
        "  - { apiGroups: ['coordination.k8s.io'], resources: [leases], resourceNames: [e-krmcbride], verbs: [get, watch] }",
        '---',
        'apiVersion: rbac.authorization.k8s.io/v1',
        'kind: RoleBinding',
        'metadata: { name: e-krmcbride-lock-reader, namespace: default }',
        'roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: e-krmcbride-lock-reader }',
        'subjects: [{ kind: ServiceAccount, name: nobody, namespace: default }]',
      ].join('\n'),
    );
  });

  test('403 without a token asks for one instead of a Role', async () => {
    const server = await serve((_request, response) => answer(response, '403-anonymous'));
    const said = await messageOf(read(newLock({ ...LEASE, server: server.url })));
    expect(said).toMatch(/^system:anonymous may not do this \(403\)\. No token was sent/);
  });

  test('outside of a cluster', async () => {
    expect(await messageOf(read(newLock(LEASE)))).toMatch(/does not run in Kubernetes.*CLUSTER_LEADER_API_SERVER/);
  });
});

/** The environment of a pod whose API server is at this address. */
function inCluster(url: string): Environment {
  const { hostname, port } = new URL(url);
  return { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, CLUSTER_LEADER_LOCK: 'lease/e-krmcbride' };
}

describe('inside a cluster', () => {
  let trusted: Certificates;
  beforeAll(() => {
    trusted = certificates();
  });

  test('the environment and the service account are enough', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    const folder = serviceAccount({ token: `${TOKEN}\n`, 'ca.crt': trusted.ca, namespace: 'jobs' });
    const lock = newLock({}, inCluster(server.url), folder);
    expect(await read(lock)).toMatchObject({ holder: 'pod-2' });
    expect(server.requests[0]?.url).toBe('/apis/coordination.k8s.io/v1/namespaces/jobs/leases/e-krmcbride');
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(lock).toMatchObject({ name: 'e-krmcbride', description: 'Lease e-krmcbride in namespace jobs' });
  });

  test('a token that has rotated is used by the next request', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    const folder = serviceAccount({ token: TOKEN, 'ca.crt': trusted.ca });
    const lock = newLock({}, inCluster(server.url), folder);
    await read(lock);
    writeFileSync(join(folder, 'token'), 'secret-token-2');
    await read(lock);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${TOKEN}`,
      'Bearer secret-token-2',
    ]);
  });

  test('a token that rotates while it is refused is read again, once', async () => {
    const folder = serviceAccount({ token: TOKEN, 'ca.crt': trusted.ca });
    const server = await serveSecurely((request, response) => {
      const isCurrent = request.headers.authorization === 'Bearer secret-token-2';
      writeFileSync(join(folder, 'token'), 'secret-token-2');
      answer(response, isCurrent ? 'lease-krmcbride' : '401-bad-token');
    }, trusted);
    expect(await read(newLock({}, inCluster(server.url), folder))).toMatchObject({ holder: 'pod-2' });
    expect(server.requests).toHaveLength(2);
  });

  test('an expired token is refused once, not asked for ever', async () => {
    const folder = serviceAccount({ token: TOKEN, 'ca.crt': trusted.ca });
    const server = await serveSecurely((_request, response) => answer(response, '401-bad-token'), trusted);
    const said = await messageOf(read(newLock({}, inCluster(server.url), folder)));
    expect(said).toMatch(/does not accept the token: it has expired/);
    expect(server.requests).toHaveLength(1);
  });

  test('a certificate of another CA is refused, and nothing is sent', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    const folder = serviceAccount({ token: TOKEN, 'ca.crt': certificates().ca });
    const said = await messageOf(read(newLock({}, inCluster(server.url), folder)));
    expect(said).toMatch(/Its certificate is not accepted: give the CA of the cluster as the option ca/);
    expect(server.requests).toHaveLength(0);
  });

  test('a CA that has been replaced is read again by the next request', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    const folder = serviceAccount({ token: TOKEN, 'ca.crt': certificates().ca });
    const lock = newLock({}, inCluster(server.url), folder);
    await messageOf(read(lock));
    writeFileSync(join(folder, 'ca.crt'), trusted.ca);
    expect(await read(lock)).toMatchObject({ holder: 'pod-2' });
  });

  test('what a function throws in place of a token is not repeated', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    const token = (): never => {
      throw new Error(TOKEN);
    };
    const said = await messageOf(read(newLock({ ...LEASE, server: server.url, ca: trusted.ca, token })));
    expect(said).toMatch(/The token could not be read \(Error\)/);
    expect(said).not.toContain(TOKEN);
  });

  test('a missing token says how to mount it', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    const folder = serviceAccount({ 'ca.crt': trusted.ca });
    const said = await messageOf(read(newLock({}, inCluster(server.url), folder)));
    expect(said).toMatch(/The token could not be read \(ENOENT\)\. .*automountServiceAccountToken/);
  });

  test('the token of the service account is not sent to a server that was given', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    const folder = serviceAccount({ token: TOKEN, 'ca.crt': trusted.ca });
    await read(newLock({ server: server.url, ca: trusted.ca }, inCluster('https://127.0.0.1:1'), folder));
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('a token and a CA can be given, the token as a function that is called each time', async () => {
    const server = await serveSecurely((_request, response) => answer(response, 'lease-krmcbride'), trusted);
    let count = 0;
    const lock = newLock({
      ...LEASE,
      server: server.url,
      ca: Buffer.from(trusted.ca),
      token: () => `token-${(count += 1)}`,
    });
    await read(lock);
    await read(lock);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });
});

describe('options', () => {
  test.each<[what: string, options: object, env: Environment, message: RegExp]>([
    ['an unknown option', { knd: 'Lease' }, {}, /knd is 'Lease'.*one of the options: kind, name, namespace/],
    ['no kind', { name: 'a' }, {}, /kind is undefined.*one of Lease, Endpoints, ConfigMap/],
    ['an unknown kind', { kind: 'Pod', name: 'a' }, {}, /kind is 'Pod'/],
    ['no name', { kind: 'Lease' }, {}, /name is undefined/],
    ['a name that leaves its path', { kind: 'Lease', name: '../secrets/a' }, {}, /name is '\.\.\/secrets\/a'/],
    ['a bad namespace', { ...LEASE, namespace: 'A/B' }, {}, /namespace is 'A\/B'/],
    ['a bad variable', {}, { CLUSTER_LEADER_LOCK: 'my-app' }, /\$CLUSTER_LEADER_LOCK is 'my-app'/],
    ['a variable with a namespace', {}, { CLUSTER_LEADER_LOCK: 'lease/a/b' }, /\$CLUSTER_LEADER_LOCK is 'lease\/a\/b'/],
    [
      'plain http beyond loopback',
      { ...LEASE, server: 'http://10.0.0.1' },
      {},
      /server is 'http:\/\/10\.0\.0\.1'.*http URL on loopback/,
    ],
    [
      'the same by the variable',
      LEASE,
      { CLUSTER_LEADER_API_SERVER: 'http://api' },
      /\$CLUSTER_LEADER_API_SERVER is 'http:\/\/api'/,
    ],
    ['credentials in the URL', { ...LEASE, server: 'https://me:secret@api' }, {}, /server is 'a URL with credentials'/],
    ['an empty token', { ...LEASE, token: '' }, {}, /token is 'string'.*not empty/],
    ['a bad CA', { ...LEASE, ca: 7 }, {}, /ca is 7.*in PEM/],
  ])('%s throws ERR_INVALID_OPTION', (_what, options, env, message) => {
    expect(() => createLock(options, env, NOWHERE)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });

  test.each<[variable: string, description: string]>([
    ['lease/my-app', 'Lease my-app in namespace jobs'],
    ['Endpoints/my-app', 'Endpoints my-app in namespace jobs'],
    ['configmap/my.app', 'ConfigMap my.app in namespace jobs'],
  ])('$CLUSTER_LEADER_LOCK=%s is %s', (variable, description) => {
    const lock = newLock({}, { CLUSTER_LEADER_LOCK: variable, MY_POD_NAMESPACE: 'jobs' });
    expect(lock.description).toBe(description);
  });

  test('the namespace is that of the service account, else default', () => {
    expect(newLock(LEASE_IN_ANY, {}, serviceAccount({ namespace: 'jobs\n' })).description).toMatch(/namespace jobs$/);
    expect(newLock(LEASE_IN_ANY).description).toMatch(/namespace default$/);
  });

  test('kubernetesLock reads the environment of the process; without a lock in it, each reading says so', async () => {
    expect(await messageOf(read(kubernetesLock()))).toMatch(/\$CLUSTER_LEADER_LOCK is not set.*such as lease\/my-app/);
  });
});

const LEASE_IN_ANY = { kind: 'Lease', name: 'my-app' } as const;
