import { describe, expect, it, vi } from 'vitest';
import { twoCandidates } from './fixtures/candidates.ts';
import { CLI, descendants, runCli, startCli, startProgram, survivors } from './fixtures/cli.ts';
import { hasMachines, onMachine } from './fixtures/machine.ts';
import { naming, startSidecar } from './fixtures/sidecar.ts';

// For loaded machines.
vi.setConfig({ testTimeout: 60_000 });

describe('cluster-leader status', () => {
  it('exits 0 on the leader, 1 on a follower and 2 if it is unknown, in words', async (context) => {
    const [first, second] = await twoCandidates(context);
    expect(await runCli(['status'], first.env)).toMatchObject({
      code: 0,
      stdout: 'leader: pod-1 leads, which is this pod\n',
    });
    expect(await runCli(['status'], second.env)).toMatchObject({
      code: 1,
      stdout: 'follower: pod-1 leads, this pod is pod-2\n',
    });
    const lost = await runCli(['status', '--lease', '2s'], { ...first.env, ELECTOR_GET_URL: 'http://127.0.0.1:9/' });
    expect(lost).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^unknown: unreachable\. http:\/\/127\.0\.0\.1:9\/ .*\(ECONNREFUSED\)\. See that/),
    });
  });

  it('answers by its exit code even if its output is closed', async (context) => {
    const [first, second] = await twoCandidates(context);
    const runs = [startCli(context, ['status'], first.env), startCli(context, ['status'], second.env)];
    for (const { child } of runs) child.stdout?.destroy();
    expect(await Promise.all(runs.map(({ exited }) => exited))).toEqual([0, 1]);
  });

  it('answers in JSON with --json', async (context) => {
    const [, second] = await twoCandidates(context);
    const { code, stdout } = await runCli(['status', '--json'], second.env);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ standing: 'follower', leader: 'pod-1', identity: ['pod-2'] });
  });

  it('reports a wrong environment as wrong usage, not as an answer', async () => {
    const { code, stderr } = await runCli(['status'], { MY_POD_NAME: '$(POD_NAME)' });
    expect(code).toBe(64);
    expect(stderr).toContain('$MY_POD_NAME');
  });
});

describe.concurrent('cluster-leader watch', () => {
  it('writes a line for each change until it is ended', async (context) => {
    const lease = { leaseDurationMs: 3_000, dialect: 'leader-elector-head' } as const;
    const [first, second] = await twoCandidates(context, lease);
    const words = startCli(context, ['watch', '--lease', '3s'], second.env);
    const json = startCli(context, ['watch', '--lease', '3s', '--json'], second.env);
    await Promise.all([words.prints('follower: pod-1 leads'), json.prints('"follower"')]);
    await first.kill();
    await Promise.all([words.prints('leader: pod-2 leads, which is this pod'), json.prints('"standing":"leader"')]);
    words.signal('SIGTERM');
    json.signal('SIGINT');
    expect(await Promise.all([words.exited, json.exited])).toEqual([0, 0]);
    const standings = json.lines.map((line): { readonly standing?: string } => JSON.parse(line));
    // A starved process may not know for a moment, which is a change too; no line repeats the one before.
    expect([standings.at(0)?.standing, standings.at(-1)?.standing]).toEqual(['follower', 'leader']);
    expect(words.lines.filter((line, index) => line === words.lines[index - 1])).toEqual([]);
  });
});

describe.concurrent('cluster-leader exec', () => {
  it('runs a command on the leader, and exits with its code', async (context) => {
    const [first] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--', 'echo "it is $MY_POD_NAME"; exit 7'], first.env);
    expect(await run.exited).toBe(7);
    expect(run.stdout).toBe('it is pod-1\n');
  });

  it('reports, with exit code 127, that it cannot be started', async (context) => {
    const [first] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--', 'no-such-program', 'at all'], first.env);
    expect(await run.exited).toBe(127);
    expect(run.stderr).toContain('cluster-leader exec: no-such-program cannot be started (ENOENT)\n');
  });

  it.for([
    { options: [], code: 0 },
    { options: ['--skip-code', '3'], code: 3 },
  ])('skips it with exit code $code if another pod leads: $options', async ({ options, code }, context) => {
    const [, second] = await twoCandidates(context);
    const run = startCli(context, ['exec', ...options, '--', 'echo', 'never'], second.env);
    expect(await run.exited).toBe(code);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('cluster-leader exec: skipped, since another pod leads\n');
  });

  it('skips it with exit code 75 if nobody answers, so that a CronJob does not look done', async (context) => {
    const env = { MY_POD_NAME: 'pod-1', ELECTOR_GET_URL: 'http://127.0.0.1:9/' };
    const run = startCli(context, ['exec', '--skip-code', '3', '--lease', '2s', '--', 'echo', 'never'], env);
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/skipped, since it is not known who leads \(unreachable\)\. http.*ECONNREFUSED/);
  });

  it('skips it with exit code 75 if the sidecar names no leader', async (context) => {
    const env = {
      MY_POD_NAME: 'pod-1',
      ELECTOR_GET_URL: `http://127.0.0.1:${await startSidecar(context, naming(''))}/`,
    };
    const run = startCli(context, ['exec', '--', 'echo', 'never'], env);
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('skipped, since it is not known who leads (no-leader)');
  });

  it.for([0, 9])(
    'ends it by SIGTERM when leadership is lost, and exits with 75 though the command exits with %i',
    async (own, context) => {
      const [first] = await twoCandidates(context);
      const line = `trap "echo ended; exit ${own}" TERM; echo begun; while :; do sleep 0.1; done`;
      const run = startCli(context, ['exec', '--', line], first.env);
      await run.prints('begun');
      await first.answer({ body: '{"name":"pod-2"}' });
      expect(await run.exited).toBe(75);
      expect(run.stdout).toBe('begun\nended\n');
      expect(run.stderr).toContain('leadership was lost: the command gets SIGTERM');
    },
  );

  it('waits with --wait until this pod leads, and then exits with the code of the command', async (context) => {
    const [first, second] = await twoCandidates(context, { leaseDurationMs: 2_000, dialect: 'leader-elector-head' });
    const run = startCli(
      context,
      ['exec', '--lease', '2s', '--wait', '--', 'echo "it is $MY_POD_NAME"; exit 7'],
      second.env,
    );
    await run.prints('cluster-leader exec: waiting until this pod leads\n');
    await first.kill();
    expect(await run.exited).toBe(7);
    expect(run.stdout).toBe('it is pod-2\n');
  });

  it.for([
    { what: 'a follower', url: undefined },
    { what: 'a pod without a sidecar', url: 'http://127.0.0.1:9/' },
  ])('gives up on $what with exit code 75 when the time of --wait is over', async ({ url }, context) => {
    const [, second] = await twoCandidates(context);
    const env = { ...second.env, ...(url !== undefined && { ELECTOR_GET_URL: url }) };
    const run = startCli(context, ['exec', '--wait', '300ms', '--', 'echo', 'never'], env);
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('skipped, since this pod was not elected within 300ms\n');
  });

  it.for([
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGQUIT', code: 131 },
    { signal: 'SIGTERM', code: 143 },
    { signal: 'SIGHUP', code: 129 },
  ] as const)('ends by $signal while it waits, without a command', async ({ signal, code }, context) => {
    const [, second] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--wait', '10m', '--', 'echo', 'never'], second.env);
    await run.prints('waiting until this pod leads');
    run.signal('SIGUSR1');
    run.signal(signal);
    expect(await run.exited).toBe(code);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain(`received ${signal} before the command was started\n`);
  });

  it('gives the grace to all that the command has started, even if their shell ends at once', async (context) => {
    const [first] = await twoCandidates(context);
    const inner = 'trap "sleep 0.3; echo ended; exit" TERM; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--', `sh -c '${inner}'; echo on`], first.env);
    await run.prints('begun');
    await first.answer({ body: '{"name":"pod-2"}' });
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('begun\nended\n');
  });

  it.skipIf(!hasMachines())('does not wait for what is dead, as the first process of a container', async (context) => {
    const [first] = await twoCandidates(context);
    const inner = 'trap "sleep 0.3; echo ended; exit" TERM; echo begun; while :; do sleep 0.1; done';
    const command = [...CLI, 'exec', '--grace', '10m', '--', `sh -c '${inner}'; echo on`];
    const run = startProgram(context, onMachine(context, { isFirstProcess: true }, command), first.env);
    await run.prints('begun');
    await first.answer({ body: '{"name":"pod-2"}' });
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('begun\nended\n');
  });

  it('kills it when the grace is over after a loss', async (context) => {
    const [first] = await twoCandidates(context);
    const line = 'trap "" TERM; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--grace', '100ms', '--', line], first.env);
    await run.prints('begun');
    await first.answer({ body: '{"name":"pod-2"}' });
    expect(await run.exited).toBe(75);
  });

  it('kills the command when it is killed itself, since nothing else would notice a loss of leadership', async (context) => {
    const [first] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--', 'trap "" TERM; echo begun; sleep 1000; echo on'], first.env);
    await run.prints('begun');
    const pids = descendants(run.pid);
    expect(pids.length).toBeGreaterThanOrEqual(2); // the supervisor and the shell, and maybe its sleep already
    run.signal('SIGKILL');
    expect(await survivors(pids)).toEqual([]);
  });

  it.for([
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGTERM', code: 143 },
  ] as const)('forwards $signal and gives the command its grace', async ({ signal, code }, context) => {
    const [first] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--', 'echo begun; exec sleep 1000'], first.env);
    await run.prints('begun');
    run.signal(signal);
    expect(await run.exited).toBe(code);
    expect(run.stderr).toContain(`received ${signal}: the command gets ${signal}, and SIGKILL after 10 s`);
  });

  it('takes two signals that arrive together as one: from the terminal, and from an npx above it', async (context) => {
    const [first] = await twoCandidates(context);
    const line = 'trap "echo orderly; exit 5" INT; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--grace', '10m', '--', line], first.env);
    await run.prints('begun');
    // Both are pending when it goes on.
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) run.signal(signal);
    expect(await run.exited).toBe(5);
    expect(run.stdout).toBe('begun\norderly\n');
  });

  it('forwards every signal that one process sends to another, and goes on', async (context) => {
    const [first] = await twoCandidates(context);
    const signals = ['HUP', 'QUIT', 'USR1', 'USR2', 'ALRM', 'CONT', 'TSTP', 'URG', 'WINCH', 'IO', 'PWR'] as const;
    const traps = signals.map((name) => `trap "echo got ${name}" ${name}`).join('; ');
    const run = startCli(context, ['exec', '--', `${traps}; echo begun; while :; do sleep 0.1; done`], first.env);
    await run.prints('begun');
    for (const name of signals) {
      run.signal(`SIG${name}`);
      await run.prints(`got ${name}\n`);
    }
    expect(run.stderr).not.toContain('SIGKILL after');
    run.signal('SIGTERM');
    expect(await run.exited).toBe(143);
  });

  it('does not wait for the grace when it is asked twice', async (context) => {
    const [first] = await twoCandidates(context);
    // Late enough for the second Ctrl-C to be no echo of the first.
    const line = 'trap "sleep 0.3; echo no" INT; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--grace', '10m', '--', line], first.env);
    await run.prints('begun');
    run.signal('SIGINT');
    await run.prints('no\n');
    run.signal('SIGINT');
    expect(await run.exited).toBe(137);
  });
});

describe.concurrent('On a machine without a sidecar', () => {
  const env = { ELECTOR_GET_URL: 'http://127.0.0.1:9/', MY_POD_NAME: 'pod-1' };
  const advice = /cluster-leader: .*cli dev -- .*CLUSTER_LEADER_MODE=always/;

  it.for([['status'], ['watch'], ['exec', '--', 'true']])(
    '%s says how to get one, or do without',
    async (args, context) => {
      const run = startCli(context, args, env);
      await run.until(({ stderr }) => advice.test(stderr));
      expect(run.stdout).not.toContain('leader:');
    },
  );

  it('does not give that advice in Kubernetes', async (context) => {
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

describe('CLUSTER_LEADER_LEASE', () => {
  it.each(['status', 'watch', 'exec', 'dev'])('is refused by %s, with the rule, if it is not a time', async (name) => {
    const command = name === 'exec' || name === 'dev' ? ['--', 'true'] : [];
    const { code, stderr } = await runCli([name, ...command], { CLUSTER_LEADER_LEASE: '15' });
    expect(code).toBe(64);
    expect(stderr).toContain(`cluster-leader ${name}: $CLUSTER_LEADER_LEASE is '15', but it must be a time above 0`);
  });

  it('counts if there is no --lease', async () => {
    const env = { ELECTOR_GET_URL: 'http://127.0.0.1:9/', MY_POD_NAME: 'pod-1', CLUSTER_LEADER_LEASE: '50ms' };
    expect(await runCli(['status'], env)).toMatchObject({ code: 64, stderr: expect.stringContaining('is 50,') });
    expect(await runCli(['status', '--lease', '2s'], env)).toMatchObject({ code: 2 });
  });
});

describe('A command line that cannot be obeyed', () => {
  it.each([
    { args: ['lead'], says: 'cluster-leader: there is no command "lead"\nSee: cluster-leader help\n' },
    { args: ['help', 'lead'], says: 'there is no command "lead"' },
    {
      args: ['dev'],
      says: 'cluster-leader dev: the command to run is missing: it comes after --\nSee: cluster-leader help dev\n',
    },
    { args: ['exec', '--'], says: 'the command to run is missing' },
    { args: ['dev', 'node', 'app.js'], says: "Unexpected argument 'node': the command to run comes after --\n" },
    { args: ['status', 'node'], says: "Unexpected argument 'node'\n" },
    { args: ['status', '--', 'node'], says: '-- begins a command to run, and this one takes none' },
    { args: ['dev', '--dialect', '--', 'true'], says: '--dialect needs a value: --dialect=<value>\n' },
    { args: ['exec', '--skip-code', '-1', '--', 'true'], says: '--skip-code needs a value: --skip-code=<value>\n' },
    {
      args: ['exec', '--skip-code=-1', '--', 'true'],
      says: '--skip-code is "-1", but it must be a whole number from 0',
    },
    { args: ['watch', '--json=yes'], says: '--json takes no value\n' },
    { args: ['dev', '--replica', '2', '--', 'true'], says: "Unknown option '--replica'" },
    {
      args: ['dev', '--replicas', '0', '--', 'true'],
      says: '--replicas is "0", but it must be a whole number from 1 to 20',
    },
    { args: ['dev', '--replicas', '2.5', '--', 'true'], says: '--replicas is "2.5"' },
    {
      args: ['dev', '--lease', '10', '--', 'true'],
      says: "--lease is '10', but it must be a time above 0 with its unit, such as 15s, 500ms or 2m.\nSee: cluster-leader help dev\n",
    },
    { args: ['dev', '--lease', '99ms', '--', 'true'], says: '--lease is "99ms", but it must be at least 100ms\n' },
    { args: ['dev', '--lease=', '--', 'true'], says: "--lease is ''" },
    { args: ['exec', '--grace', '0s', '--', 'true'], says: "--grace is '0s', but it must be a time above 0" },
    { args: ['dev', '--grace', '99999m', '--', 'true'], says: "--grace is '99999m'" },
    { args: ['exec', '--wait', '10', '--', 'true'], says: "--wait is '10', but it must be a time above 0" },
    { args: ['exec', '--wait=', '--', 'true'], says: "--wait is ''" },
    {
      args: ['dev', '--dialect', 'raft', '--', 'true'],
      says: '--dialect is "raft", but it must be one of leader-elector,',
    },
    {
      args: ['exec', '--skip-code', '256', '--', 'true'],
      says: '--skip-code is "256", but it must be a whole number from 0 to 255',
    },
    { args: ['status', '--lease', 'soon'], says: "--lease is 'soon'" },
  ])('is refused with exit code 64 and the rule: $args', async ({ args, says }) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(64);
    expect(stderr).toContain(says);
  });
});
