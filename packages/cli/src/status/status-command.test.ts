import { describe, expect, it } from 'vitest';
import { twoCandidates, withoutLock } from '../fixtures/candidates.ts';
import { startCli } from '../fixtures/cli-run.ts';
import { runCli } from '../fixtures/cli.ts';

describe('cluster-leader status', () => {
  it('exits with 0 on the leader, 1 on a follower and 2 if the leader is unknown', async (context) => {
    const [first, second] = await twoCandidates(context);
    expect(await runCli(['status'], withoutLock(first.env))).toMatchObject({
      code: 0,
      stdout: 'leader: pod-1 leads, which is this pod\n',
    });
    expect(await runCli(['status'], withoutLock(second.env))).toMatchObject({
      code: 1,
      stdout: 'follower: pod-1 leads, this pod is pod-2\n',
    });
    const lost = await runCli(['status', '--lease', '2s'], {
      ...withoutLock(first.env),
      ELECTOR_GET_URL: 'http://127.0.0.1:9/',
    });
    expect(lost).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^unknown: unreachable\. http:\/\/127\.0\.0\.1:9\/ .*\(ECONNREFUSED\)\. See that/),
    });
  });

  it('shows the fencing token and the lock record of the leader', async (context) => {
    const [first] = await twoCandidates(context);
    const leader = await runCli(['status'], first.env);
    expect(leader).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^leader: pod-1 leads, which is this pod, fencing token \d+\nlock: Endpoints my-app in namespace default, held by pod-1, \d\.\d s old, version \d+\n$/,
      ),
    });
    const json = await runCli(['status', '--json'], first.env);
    expect(JSON.parse(json.stdout)).toMatchObject({
      fencingToken: expect.stringMatching(/^\d+$/),
      lock: { holder: 'pod-1', ageMs: expect.any(Number), version: expect.stringMatching(/^\d+$/) },
    });
  });

  it('shows why the lock record cannot be read, and exits with 2', async (context) => {
    const [first] = await twoCandidates(context);
    await first.cutOff('app', 'refused');
    const { code, stdout } = await runCli(['status', '--lease', '2s'], first.env);
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /^unknown: lock-unreachable\nlock: Endpoints my-app .*, not read\. The last reading failed: http/,
    );
    const json = await runCli(['status', '--lease', '2s', '--json'], first.env);
    expect(JSON.parse(json.stdout)).toMatchObject({
      standing: 'unknown',
      lock: { description: 'Endpoints my-app in namespace default', error: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('refuses an invalid $CLUSTER_LEADER_LOCK with exit code 64', async (context) => {
    const [first] = await twoCandidates(context);
    const { code, stderr } = await runCli(['status'], { ...first.env, CLUSTER_LEADER_LOCK: 'my-app' });
    expect(code).toBe(64);
    expect(stderr).toContain("$CLUSTER_LEADER_LOCK is 'my-app', but it must be a kind and a name");
  });

  it('exits with the right code even if its output is closed', async (context) => {
    const [first, second] = await twoCandidates(context);
    const runs = [startCli(context, ['status'], first.env), startCli(context, ['status'], second.env)];
    for (const { child } of runs) child.stdout?.destroy();
    expect(await Promise.all(runs.map(({ exited }) => exited))).toEqual([0, 1]);
  });

  it('prints JSON with --json', async (context) => {
    const [, second] = await twoCandidates(context);
    const { code, stdout } = await runCli(['status', '--json'], second.env);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ standing: 'follower', leader: 'pod-1', identity: ['pod-2'] });
  });

  it('reports an invalid environment as wrong usage, not as a standing', async () => {
    const { code, stderr } = await runCli(['status'], { MY_POD_NAME: '$(POD_NAME)' });
    expect(code).toBe(64);
    expect(stderr).toContain('$MY_POD_NAME');
  });
});
