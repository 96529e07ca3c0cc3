import cluster from 'node:cluster';
import { hostname } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAnswer } from '../belief/answer.ts';
import { ClusterLeaderService } from '../service/cluster-leader-service.ts';
import type { Environment } from './endpoint.ts';
import { runChild } from '../fixtures/child.ts';
import { resolveOptions, type ClusterLeaderOptions } from './options.ts';

describe('resolveOptions', () => {
  it('needs nothing inside a pod', () => {
    expect(resolveOptions({}, {})).toMatchObject({
      url: new URL('http://127.0.0.1:4040/'),
      eventsUrl: undefined,
      identity: [hostname()],
      parse: parseAnswer,
      mode: 'sidecar',
      timing: { leaseDurationMs: 10_000 },
      warnings: [],
    });
  });

  it('reads the variables that the platform injects', () => {
    const env = {
      ELECTOR_GET_URL: 'http://localhost:4040/',
      ELECTOR_SSE_URL: 'http://localhost:4040/sse',
      MY_POD_NAME: hostname(),
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      HOSTNAME: '0.0.0.0',
    };
    const { url, eventsUrl, identity, mode, warnings } = resolveOptions({}, env);
    expect({ url: url.href, eventsUrl: eventsUrl?.href, identity, mode, warnings }).toEqual({
      url: 'http://localhost:4040/',
      eventsUrl: 'http://localhost:4040/sse',
      identity: [hostname()],
      mode: 'sidecar',
      warnings: [],
    });
  });

  it('reads an option that is undefined as absent', () => {
    const names: Record<keyof ClusterLeaderOptions, undefined> = {
      url: undefined,
      eventsUrl: undefined,
      identity: undefined,
      parse: undefined,
      mode: undefined,
      leaseDurationMs: undefined,
      maxAgeMs: undefined,
      settleMs: undefined,
      pollIntervalMs: undefined,
      requestTimeoutMs: undefined,
      checkTimeoutMs: undefined,
      lockRecord: undefined,
      whenUnreachable: undefined,
      election: undefined,
      onUnknown: undefined,
      logger: undefined,
    };
    expect(resolveOptions(names, {})).toEqual(resolveOptions({}, {}));
  });

  it.each<[option: 'always' | 'never' | 'sidecar' | undefined, env: Environment, mode: string]>([
    [undefined, {}, 'sidecar'],
    [undefined, { CLUSTER_LEADER_MODE: '' }, 'sidecar'],
    [undefined, { CLUSTER_LEADER_MODE: 'sidecar' }, 'sidecar'],
    [undefined, { CLUSTER_LEADER_MODE: 'always' }, 'always'],
    [undefined, { CLUSTER_LEADER_MODE: 'never' }, 'never'],
    [undefined, { CLUSTER_LEADER_MODE: 'never', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 'never'],
    ['sidecar', { CLUSTER_LEADER_MODE: 'always', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 'sidecar'],
    ['never', { CLUSTER_LEADER_MODE: 'always' }, 'never'],
    ['always', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 'always'],
    ['always', { CLUSTER_LEADER_MODE: 'oops' }, 'always'],
  ])('resolves the mode from option %s and %j to %s', (mode, env, expected) => {
    expect(resolveOptions({ mode }, env).mode).toBe(expected);
  });

  it.each<[options: ClusterLeaderOptions, env: Environment, warnings: unknown[]]>([
    [{ mode: 'always' }, {}, [expect.stringContaining("mode is 'always'")]],
    [
      { mode: 'always', url: 'http://elector:4040' },
      { NODE_APP_INSTANCE: '0' },
      [expect.stringContaining("mode is 'always'")],
    ],
    [{ mode: 'never', url: 'http://elector:4040' }, { NODE_APP_INSTANCE: '0' }, []],
    [{ url: 'http://elector:4040' }, {}, [expect.stringContaining('http://elector:4040/ is not on loopback')]],
    [{}, { ELECTOR_PATH: 'elector:4040' }, [expect.stringContaining('http://elector:4040/ is not on loopback')]],
    [{}, { NODE_APP_INSTANCE: '0' }, []],
    [{}, { pm_id: '0', NODE_APP_INSTANCE: '0', instances: '1' }, []],
    [{}, { pm_id: '0', NODE_APP_INSTANCE: '0', instances: '4' }, [expect.stringContaining('share its name')]],
    [{}, { pm_id: '0', NODE_APP_INSTANCE: '0', instances: 'max' }, [expect.stringContaining('share its name')]],
    [{}, { pm_id: '1', NODE_APP_INSTANCE: '1' }, [expect.stringContaining('share its name')]],
    [{ leaseDurationMs: 100 }, {}, []],
    [{}, { MY_POD_NAME: 'another' }, [expect.stringContaining('differs from $MY_POD_NAME "another"')]],
    [{ identity: 'pod-a' }, { MY_POD_NAME: 'another' }, []],
  ])('warns of settings that are allowed but probably wrong: %j %j', (options, env, warning) => {
    const { warnings } = resolveOptions(options, env);
    expect(warnings).toEqual(warning);
  });

  it('takes the lease from $CLUSTER_LEADER_LEASE, unless the option gives it', () => {
    const env = { CLUSTER_LEADER_LEASE: '15s' };
    expect(resolveOptions({}, env).timing).toMatchObject({ leaseDurationMs: 15_000, settleMs: 15_000 });
    expect(resolveOptions({ leaseDurationMs: 5_000 }, env).timing.leaseDurationMs).toBe(5_000);
  });

  it('reads own properties alone, whatever Object.prototype has', () => {
    for (const name of ['mode', 'CLUSTER_LEADER_MODE']) {
      // oxlint-disable-next-line no-extend-native -- as a vulnerable dependency does
      Object.defineProperty(Object.prototype, name, { value: 'always', configurable: true, writable: true });
      onTestFinished(() => void Reflect.deleteProperty(Object.prototype, name));
    }
    const { mode } = resolveOptions({}, {});
    expect(mode).toBe('sidecar');
  });

  it('does not validate the name of this pod if there is no sidecar', () => {
    expect(resolveOptions({ mode: 'always' }, { MY_POD_NAME: 'localhost' }).identity).toEqual(['localhost']);
  });

  it('has a hint for machines outside of Kubernetes, where no sidecar answers', () => {
    expect(resolveOptions({}, {}).hint).toContain('cluster-leader/cli dev');
    expect(resolveOptions({}, {}).hint).toContain('CLUSTER_LEADER_MODE=always');
    expect(resolveOptions({}, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }).hint).toBe('');
  });

  it('warns in a worker thread, since all threads share the name of the pod', async () => {
    const inThread = `
      import('@cluster-leader/core').then(({ ClusterLeaderService }) => {
        new ClusterLeaderService({ identity: 'pod-1', logger: { warn: (message) => console.log(message) } });
      });
    `;
    const program = `
      import { Worker } from 'node:worker_threads';
      new Worker(${JSON.stringify(inThread)}, { eval: true });
    `;
    expect((await runChild(program)).stdout).toContain('several processes or threads of this pod');
  });

  it('warns in a cluster worker, since all workers share the name of the pod', () => {
    const isWorker = cluster.isWorker;
    Object.assign(cluster, { isWorker: true });
    onTestFinished(() => void Object.assign(cluster, { isWorker }));
    expect(resolveOptions({}, {}).warnings).toEqual([expect.stringContaining('gate work in one of them')]);
  });

  it.each<[env: Environment, named: string, rule: string]>([
    [{ ELECTOR_GET_URL: 'localhost:4040' }, "$ELECTOR_GET_URL is 'localhost:4040'", 'an http or https URL'],
    [{ ELECTOR_PATH: 'localhost:port' }, "$ELECTOR_PATH is 'localhost:port'", 'an http or https URL'],
    [{ ELECTOR_PATH: '4040' }, "$ELECTOR_PATH is '4040'", 'a host with a port, such as localhost:4040'],
    [{ CLUSTER_LEADER_LEASE: '15' }, "$CLUSTER_LEADER_LEASE is '15'", 'such as 15s'],
    [{ ELECTOR_SSE_URL: '/sse' }, "$ELECTOR_SSE_URL is '/sse'", 'an http or https URL'],
    [{ MY_POD_NAME: '$(hostname)' }, "$MY_POD_NAME is '$(hostname)'", 'neither white space nor "$"'],
    [{ POD_NAME: ' ' }, "$POD_NAME is ' '", 'neither white space nor "$"'],
    [{ CLUSTER_LEADER_MODE: 'Always' }, "$CLUSTER_LEADER_MODE is 'Always'", "'sidecar', 'always' or 'never'"],
    [{ CLUSTER_LEADER_MODE: 'true' }, "$CLUSTER_LEADER_MODE is 'true'", "'sidecar', 'always' or 'never'"],
    [
      { CLUSTER_LEADER_MODE: 'always', KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      "$CLUSTER_LEADER_MODE is 'always'",
      'inside a cluster',
    ],
  ])('refuses a bad environment variable as it does an option: %j', (env, named, rule) => {
    expect(() => resolveOptions({}, env)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    expect(() => resolveOptions({}, env)).toThrow(named);
    expect(() => resolveOptions({}, env)).toThrow(rule);
  });

  it('lets no null become the mode of the environment inside a cluster', () => {
    const env = { CLUSTER_LEADER_MODE: 'always', KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    // @ts-expect-error -- plain JavaScript allows it
    expect(() => resolveOptions({ mode: null }, env)).toThrow('mode is null');
  });
});

describe('new ClusterLeaderService', () => {
  it.each<[options: unknown, named: string, rule: string]>([
    [{ url: 'localhost:4040' }, "url is 'localhost:4040'", 'an http or https URL'],
    [{ eventsUrl: true }, 'eventsUrl is true', 'an http or https URL'],
    [{ identity: '' }, "identity is ''", 'a name that is not empty'],
    [{ identity: '  ' }, "identity is '  '", 'white space'],
    [{ identity: [] }, 'identity is []', 'at least one'],
    [{ identity: '$(hostname)' }, "identity is '$(hostname)'", '"$"'],
    [{ parse: 'name' }, "parse is 'name'", 'a function'],
    [{ parse: null }, 'parse is null', 'a function'],
    [{ mode: 'on' }, "mode is 'on'", "'sidecar', 'always' or 'never'"],
    [{ mode: '' }, "mode is ''", "'sidecar', 'always' or 'never'"],
    [{ leaseDurationMs: 0 }, 'leaseDurationMs is 0', 'above 0'],
    [{ leaseDurationMs: 15 }, 'leaseDurationMs is 15', 'at least 100: it counts milliseconds'],
    [{ leaseDurationMs: null }, 'leaseDurationMs is null', 'a number of milliseconds'],
    [{ url: 'http://me:se/c@ret@localhost' }, "url is 'http://***@localhost'", 'without user name and password'],
    [{ url: 'http://me:secret@localhost' }, "url is 'http://***@localhost'", 'without user name and password'],
    [{ leaseDurationMs: '10s' }, "leaseDurationMs is '10s'", 'a number of milliseconds'],
    [{ leaseDurationMs: Number.POSITIVE_INFINITY }, 'leaseDurationMs is Infinity', 'up to 2147483647'],
    [{ maxAgeMs: Number.NaN }, 'maxAgeMs is NaN', 'above 0'],
    [{ maxAgeMs: 6_000 }, 'maxAgeMs is 6000', 'at most half of leaseDurationMs (10000)'],
    [{ settleMs: -1 }, 'settleMs is -1', 'or 0'],
    [{ pollIntervalMs: 0 }, 'pollIntervalMs is 0', 'above 0'],
    [{ pollIntervalMs: 2_000 }, 'pollIntervalMs is 2000', 'at most a third of maxAgeMs (3000)'],
    [{ requestTimeoutMs: -5 }, 'requestTimeoutMs is -5', 'above 0'],
    [{ requestTimeoutMs: 2_500 }, 'requestTimeoutMs is 2500', 'at most checkTimeoutMs (1500)'],
    [{ checkTimeoutMs: '2000' }, "checkTimeoutMs is '2000'", 'a number of milliseconds'],
    [{ checkTimeoutMs: 4_000 }, 'checkTimeoutMs is 4000', 'below maxAgeMs (3000)'],
    [{ onUnknown: 'fail' }, "onUnknown is 'fail'", "'follower', 'throw' or 'leader'"],
    [{ onUnknown: null }, 'onUnknown is null', "'follower', 'throw' or 'leader'"],
    [{ logger: 'console' }, "logger is 'console'", 'an object'],
    [{ logger: null }, 'logger is null', 'an object'],
    [{ leaseDuration: 10_000 }, 'leaseDuration is 10000', 'one of the options: url, eventsUrl, identity'],
    [{ failOpen: true }, 'failOpen is true', 'onUnknown'],
    [{ toString: 1 }, 'toString is 1', 'one of the options'],
    [null, 'options is null', 'an object'],
    ['http://localhost:4040', "options is 'http://localhost:4040'", 'an object'],
  ])('refuses %j, naming option, value and rule', (options, named, rule) => {
    const construct = (): unknown => Reflect.construct(ClusterLeaderService, [options]);
    expect(construct).toThrow(expect.objectContaining({ name: 'ClusterLeaderError', code: 'ERR_INVALID_OPTION' }));
    expect(construct).toThrow(named);
    expect(construct).toThrow(rule);
  });
});
