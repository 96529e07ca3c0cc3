import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { twoCandidates } from '../fixtures/candidates.ts';
import { CLI } from '../fixtures/cli.ts';
import { at, examine, examineCommand } from '../fixtures/examine.ts';
import { POD } from '../fixtures/pod-facts.ts';
import { answering, naming, startSidecar } from '../fixtures/sidecar.ts';

// Generous, because the machine may be busy.
vi.setConfig({ testTimeout: 30_000 });

const LONG = `billing-${'of-all-customer-'.repeat(4)}7c9f6d5b8d-x2x4z`;

describe('cluster-leader doctor', () => {
  it('finds no fault if the sidecar names this pod', async (context) => {
    const env = at(await startSidecar(context, naming(POD)));
    const { code, text } = await examineCommand(context, [...CLI, 'doctor'], env);
    expect(code).toBe(0);
    expect(text).toContain(`ok answer "${POD}" leads`);
    expect(text).toContain(
      'ok sidecar a guess from the form of the answer: leader-elector 0.4 or 0.5, one of its forks',
    );
    expect(text).toMatch(/latency .*\d+ ms/); // depends on the load of the machine
    expect(text).toContain('no faults');
  });

  it('recognises the sidecars of a real election, and that one of them can push', async (context) => {
    const [, follower] = await twoCandidates(context, { dialect: 'nais' });
    const { ELECTOR_SSE_URL, ...env } = follower.env;
    const pushed = await examine(follower.env);
    const polled = await examine(env);
    expect(pushed.text).toContain('ok sidecar nais/elector');
    expect(pushed.text).toContain(`ok push events come from ${ELECTOR_SSE_URL}`);
    expect(pushed.text).toContain('the sidecar leads until its pod is deleted');
    expect(polled.text).toContain(
      `warning push The sidecar can push changes, but ELECTOR_SSE_URL is not set. change: Set ELECTOR_SSE_URL=${ELECTOR_SSE_URL}.`,
    );
  });

  it('prints at most 80 columns, even with long names', async (context) => {
    const { widest } = await examine({
      ...at(await startSidecar(context, naming('x'.repeat(200)))),
      MY_POD_NAME: LONG,
    });
    expect(widest).toBeLessThanOrEqual(80);
  });

  it.for([
    { what: 'a name in another spelling', leader: POD.toUpperCase(), says: `which is "${POD}" in another spelling` },
    { what: 'a name with a domain', leader: `${POD}.billing.svc`, says: `which is "${POD}" in another spelling` },
    {
      what: 'an unexpanded hostname',
      leader: '$(hostname)',
      says: 'fault identity The sidecar names the literal "$(hostname)"',
    },
    { what: 'a UUID', leader: '6f1c1bd6-4ac8-4c8e-9b0e-3f6d1f1e7a11', says: 'fault identity The sidecar names a UUID' },
    { what: 'the hostname', leader: hostname(), says: `fault identity The sidecar names the hostname "${hostname()}"` },
    {
      what: 'the value of an overwritten HOSTNAME',
      leader: '0.0.0.0',
      env: { HOSTNAME: '0.0.0.0' },
      says: 'fault identity The sidecar names "0.0.0.0", the value with which an image has overwritten HOSTNAME',
    },
    {
      what: 'a truncated pod name',
      leader: LONG.slice(0, 63),
      env: { MY_POD_NAME: LONG },
      says: "which is this pod's name truncated to 63 characters",
    },
  ])('finds $what in the answer', async ({ leader, env, says }, context) => {
    const { code, text } = await examine({ ...at(await startSidecar(context, naming(leader))), ...env });
    expect(text).toContain(says);
    expect(text).toContain('--id=$(MY_POD_NAME)');
    expect(code).toBe(1);
  });

  it('finds a sidecar that reports another name for this pod', async (context) => {
    const body = JSON.stringify({ is_leader: false, leader: 'other', node: 'machine-1', timestamp: 'now' });
    const { code, text } = await examine(at(await startSidecar(context, answering(body, 'application/json'))));
    expect(text).toContain(`fault identity The sidecar calls this pod "machine-1", but its name is "${POD}"`);
    expect(text).toContain('ok sidecar vapor-ware/k8s-elector');
    expect(code).toBe(1);
  });

  it.for([
    { what: 'an error status', listener: 503, says: 'answered with status 503' },
    { what: 'a redirect', listener: 302, says: 'answered with a redirect (302)' },
    { what: 'an HTML page', listener: '<html>', says: 'answered with a body that is not JSON (no content type)' },
    {
      what: 'a name that is not a string',
      listener: '{"name":1}',
      says: 'answered with a body that names a leader that is not a string',
    },
    { what: 'a body that is too large', listener: ' '.repeat(70_000), says: 'did not answer (over 64 KiB)' },
    { what: 'silence', listener: undefined, says: 'did not answer (no response within 2 s)' },
  ])('finds $what in place of an answer', async ({ listener, says }, context) => {
    const port = await startSidecar(context, (_request, response) => {
      if (typeof listener === 'number') response.writeHead(listener, { location: '/' }).end();
      if (typeof listener === 'string') response.end(listener);
    });
    const { code, text } = await examine(at(port));
    expect(text).toContain(`fault answer http://127.0.0.1:${port}/ ${says}`);
    expect(code).toBe(1);
  });

  it('finds that nothing listens, and warns if there is no leader yet', async (context) => {
    const nobody = await examine({ ELECTOR_GET_URL: 'http://127.0.0.1:9/' }, '--lease', '2s');
    const none = await examine(at(await startSidecar(context, naming(''))));
    expect(nobody.text).toContain(
      'fault answer http://127.0.0.1:9/ did not answer (ECONNREFUSED). change: Check that the sidecar container runs',
    );
    expect(none.text).toContain('warning answer The sidecar answers, but names no leader.');
    expect(nobody.code).toBe(1);
  });

  it('finds the right path if the sidecar answers on another one', async (context) => {
    const port = await startSidecar(context, (request, response) => {
      if (request.url === '/api/leader') response.end(JSON.stringify({ leader: POD }));
      else response.writeHead(404).end();
    });
    const { code, text } = await examine(at(port));
    expect(text).toContain(`status 404. change: Set ELECTOR_GET_URL=http://127.0.0.1:${port}/api/leader`);
    expect(code).toBe(1);
  });

  it('finds answers that are too slow for the lease', async (context) => {
    const port = await startSidecar(context, (_request, response) => {
      setTimeout(() => response.end(JSON.stringify({ name: POD })), 150);
    });
    const { code, text } = await examine(at(port), '--lease', '2s');
    expect(text).toMatch(/fault latency Most answers took \d+ ms or longer, and an attempt times out after 100 ms\./);
    expect(code).toBe(1);
  });

  it('warns of a sidecar that answers only some requests', async (context) => {
    let asked = 0;
    const port = await startSidecar(context, (_request, response) => {
      asked += 1;
      response.writeHead(asked % 2 === 0 ? 500 : 200).end(JSON.stringify({ name: POD }));
    });
    const { text } = await examine(at(port));
    expect(text).toMatch(/warning answer [23] of 5 requests failed: .* answered with status 500/);
  });

  it('warns if $ELECTOR_SSE_URL is not an event stream, and reports a fault if it is not a URL', async (context) => {
    const port = await startSidecar(context, naming(POD));
    const plain = await examine({ ...at(port), ELECTOR_SSE_URL: `http://127.0.0.1:${port}/sse` });
    const nonsense = await examine({ ...at(port), ELECTOR_SSE_URL: 'localhost' });
    expect(plain.text).toMatch(
      /warning push ELECTOR_SSE_URL http.* answers with status 200 and text\/plain; charset=utf-8, which is not/,
    );
    expect(nonsense.text).toContain(
      "fault settings $ELECTOR_SSE_URL is 'localhost', but it must be an http or https URL",
    );
    expect(nonsense.code).toBe(1);
  });

  it('finds a $CLUSTER_LEADER_LEASE that is not a time', async (context) => {
    const env = at(await startSidecar(context, naming(POD)));
    const { text } = await examine({ ...env, CLUSTER_LEADER_LEASE: 'soon' });
    expect(text).toContain("fault settings $CLUSTER_LEADER_LEASE is 'soon', but it must be a time");
  });

  it('never prints a password', async () => {
    for (const name of ['ELECTOR_GET_URL', 'ELECTOR_SSE_URL']) {
      const { text } = await examine({ [name]: 'http://admin:hunter2@127.0.0.1:4040/' });
      expect(text).toContain(`fault settings $${name} is`);
      expect(text).not.toContain('hunter2');
    }
  });

  it('finds settings that the library refuses, and warns if the mode never asks the sidecar', async (context) => {
    const port = await startSidecar(context, naming(POD));
    const literal = await examine({ ...at(port), MY_POD_NAME: '$(POD_NAME)' });
    const always = await examine({ ...at(port), CLUSTER_LEADER_MODE: 'always' });
    const never = await examine({ ...at(port), CLUSTER_LEADER_MODE: 'never' });
    expect(literal.text).toContain("fault settings $MY_POD_NAME is '$(POD_NAME)', but it must be a name");
    expect(always.text).toContain("fault settings $CLUSTER_LEADER_MODE is 'always'");
    expect(never.text).toContain('warning settings CLUSTER_LEADER_MODE is never: the app never asks the sidecar.');
    expect([literal.code, always.code]).toEqual([1, 1]);
  });

  it('warns outside of a pod, and of an address that is not on loopback', async (context) => {
    const port = await startSidecar(context, naming(POD), { host: '0.0.0.0' });
    const { text } = await examine({
      KUBERNETES_SERVICE_HOST: '',
      ELECTOR_GET_URL: `http://${hostname()}:${port}/`,
    });
    expect(text).toMatch(/warning settings This is not a pod.*cluster-leader dev.*CLUSTER_LEADER_MODE=always/);
    expect(text).toContain('is not on loopback: any program that answers there decides which pod leads.');
  });

  it('finds a sidecar that listens only on the other loopback address', async (context) => {
    const port = await startSidecar(context, naming(POD), { host: '::1' });
    const { code, text } = await examine(at(port), '--lease', '2s');
    expect(text).toContain(
      `fault answer http://127.0.0.1:${port}/ did not answer (ECONNREFUSED). change: Set ELECTOR_GET_URL=http://[::1]:${port}/: a sidecar answers there.`,
    );
    expect(code).toBe(1);
  });

  it.for([
    {
      body: { name: POD },
      contentType: 'text/plain',
      kind: 'a guess from the form of the answer: leader-elector 0.4 or 0.5, one of its forks, or',
    },
    {
      body: { name: POD },
      contentType: 'application/json',
      kind: 'a guess from the form of the answer: krmcbride/k8s-leader-elector',
    },
    { body: { name: POD, last_update: '2026-01-01T00:00:00Z' }, contentType: 'application/json', kind: 'nais/elector' },
    { body: {}, contentType: 'application/json', kind: 'a guess from the form of the answer: nais/elector' },
    { body: { leader: POD }, contentType: 'application/json', kind: 'rkrmr33/leader-election' },
    {
      body: { is_leader: true, leader: POD, node: POD },
      contentType: 'application/json',
      kind: 'vapor-ware/k8s-elector',
    },
  ])('recognises $kind from $body', async ({ body, contentType, kind }, context) => {
    const port = await startSidecar(context, answering(JSON.stringify(body), contentType));
    const { text } = await examine(at(port));
    expect(text).toContain(`ok sidecar ${kind}`);
  });
});

// In this file and not concurrent, because each test of the doctor sees the processes of the others.
describe('cluster-leader doctor, beside other processes,', () => {
  it('warns of several processes of one app in this pod', async (context) => {
    const workers = fileURLToPath(new URL('../fixtures/workers.fixture.ts', import.meta.url));
    const app = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', workers], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    context.onTestFinished(() => void app.kill());
    await once(app.stdout, 'data');
    const { text } = await examine(at(await startSidecar(context, naming(POD))));
    expect(text).toMatch(
      /warning processes Several processes of this pod run the same app \(\d+, \d+.*\): they share the name of the pod/,
    );
  });

  it.for([
    { what: 'two instances of an app', apps: ['a 0', 'a 1'], finds: 'warning processes Several processes of this pod' },
    { what: 'one instance of each of two apps', apps: ['a 0', 'b 1'], finds: 'ok processes' },
  ])('counts the instances that PM2 starts: $what', async ({ apps, finds }, context) => {
    for (const [index, app] of apps.entries()) {
      const [name = '', instance = ''] = app.split(' ');
      // In PM2's cluster mode all apps are workers of one process.
      await runSleeper(context, [], { name, NODE_APP_INSTANCE: instance, NODE_UNIQUE_ID: String(index + 1) });
    }
    const { text } = await examine(at(await startSidecar(context, naming(POD))));
    expect(text).toContain(finds);
  });

  it.for([
    { words: ['leader-elector', '--ttl=5s'], env: {}, lease: '5 s (--ttl)' },
    { words: ['leader-elector', '--ttl', '0m7.5s'], env: {}, lease: '7.5 s (--ttl)' },
    { words: ['leader-election', '--lease-duration=30s'], env: {}, lease: '30 s (--lease-duration)' },
    { words: ['leader-elector'], env: { ELECTION_LEASE_DURATION: '15s' }, lease: '15 s (ELECTION_LEASE_DURATION)' },
  ])(
    'reads the lease of a sidecar whose processes are visible: $words, $env',
    async ({ words, env, lease }, context) => {
      await runSleeper(context, words, env);
      const { code, text } = await examine(at(await startSidecar(context, naming(POD))));
      expect(text).toContain(`fault lease The app declares a lease of 10 s, but the sidecar runs with ${lease}`);
      expect(code).toBe(1);
    },
  );
});

/** Runs a process with these words in its command line until the test ends. */
async function runSleeper(
  { onTestFinished }: TestContext,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const program = 'process.stdout.write("up"); setInterval(() => {}, 2 ** 30)';
  const sleeper = spawn(process.execPath, ['-e', program, '--', ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(sleeper, 'exit');
  onTestFinished(async () => {
    sleeper.kill();
    await exited;
  });
  await once(sleeper.stdout, 'data');
}
