import { describe, expect, it, vi } from 'vitest';
import { startCli } from './fixtures/cli-run.ts';
import { runCli } from './fixtures/cli.ts';

// Every test starts several processes: with more tests at a time, a small machine starves their sidecars.
vi.setConfig({ testTimeout: 60_000, maxConcurrency: 2 });

describe.concurrent('A command on a machine without a sidecar', () => {
  const env = { ELECTOR_GET_URL: 'http://127.0.0.1:9/', MY_POD_NAME: 'pod-1' };
  const advice = /cluster-leader: .*cli dev -- .*CLUSTER_LEADER_MODE=always/;

  it.for([['status'], ['watch'], ['exec', '--', 'true']])(
    'explains how to get one or do without: %s',
    async (args, context) => {
      const run = startCli(context, args, env);
      await run.until(({ stderr }) => advice.test(stderr));
      expect(run.stdout).not.toContain('leader:');
    },
  );

  it('does not give this advice in Kubernetes', async (context) => {
    const run = startCli(context, ['status', '--lease', '2s'], { ...env, KUBERNETES_SERVICE_HOST: '10.0.0.1' });
    expect(await run.exited).toBe(2);
    expect(run.stderr).toContain('The sidecar gives no answer');
    expect(run.stderr).not.toMatch(advice);
  });

  it('leads with CLUSTER_LEADER_MODE=always', async (context) => {
    const run = startCli(context, ['exec', '--', 'echo', 'done'], { CLUSTER_LEADER_MODE: 'always' });
    expect(await run.exited).toBe(0);
    expect(run.stdout).toBe('done\n');
  });
});

describe('$CLUSTER_LEADER_LEASE', () => {
  it.each(['status', 'watch', 'exec', 'dev'])('is refused by %s if it is not a time', async (name) => {
    const command = name === 'exec' || name === 'dev' ? ['--', 'true'] : [];
    const { code, stderr } = await runCli([name, ...command], { CLUSTER_LEADER_LEASE: '15' });
    expect(code).toBe(64);
    expect(stderr).toContain(`cluster-leader ${name}: $CLUSTER_LEADER_LEASE is '15', but it must be a time above 0`);
  });

  it('is used if there is no --lease', async () => {
    const env = { ELECTOR_GET_URL: 'http://127.0.0.1:9/', MY_POD_NAME: 'pod-1', CLUSTER_LEADER_LEASE: '50ms' };
    expect(await runCli(['status'], env)).toMatchObject({ code: 64, stderr: expect.stringContaining('is 50,') });
    expect(await runCli(['status', '--lease', '2s'], env)).toMatchObject({ code: 2 });
  });
});
