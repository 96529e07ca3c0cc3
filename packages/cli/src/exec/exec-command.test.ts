import { describe, expect, it, vi } from 'vitest';
import { twoCandidates, withoutLock } from '../fixtures/candidates.ts';
import { startCli, startProgram } from '../fixtures/cli-run.ts';
import { CLI } from '../fixtures/cli.ts';
import { hasMachines, onMachine } from '../fixtures/machine.ts';
import { descendants, survivors } from '../fixtures/processes.ts';
import { naming, startSidecar } from '../fixtures/sidecar.ts';

// Every test starts several processes: with more tests at a time, a small machine starves their sidecars.
vi.setConfig({ testTimeout: 60_000, maxConcurrency: 2 });

describe.concurrent('cluster-leader exec', () => {
  it('runs the command on the leader, and exits with its code', async (context) => {
    const [first] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--', 'echo "it is $MY_POD_NAME"; exit 7'], first.env);
    expect(await run.exited).toBe(7);
    expect(run.stdout).toBe('it is pod-1\n');
  });

  it('passes the fencing token of the term to the command, and none without a lock record', async (context) => {
    const [first] = await twoCandidates(context);
    const command = ['exec', '--', 'echo "token $CLUSTER_LEADER_FENCING_TOKEN"'];
    const inherited = { CLUSTER_LEADER_FENCING_TOKEN: 'outer' };
    const withLock = startCli(context, command, { ...first.env, ...inherited });
    const without = startCli(context, command, { ...withoutLock(first.env), ...inherited });
    expect(await Promise.all([withLock.exited, without.exited])).toEqual([0, 0]);
    expect(withLock.stdout).toMatch(/^token \d+\n$/);
    expect(without.stdout).toBe('token \n');
  });

  it('exits with 127 if the command cannot be started', async (context) => {
    const [first] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--', 'no-such-program', 'at all'], first.env);
    expect(await run.exited).toBe(127);
    expect(run.stderr).toContain('cluster-leader exec: no-such-program cannot be started (ENOENT)\n');
  });

  it.for([
    { options: [], code: 0 },
    { options: ['--skip-code', '3'], code: 3 },
  ])('skips the command and exits with $code if another pod leads: $options', async ({ options, code }, context) => {
    const [, second] = await twoCandidates(context);
    const run = startCli(context, ['exec', ...options, '--', 'echo', 'never'], second.env);
    expect(await run.exited).toBe(code);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('cluster-leader exec: skipped, because another pod leads\n');
  });

  it('exits with 75 if no sidecar answers, so that a CronJob is not taken for done', async (context) => {
    const env = { MY_POD_NAME: 'pod-1', ELECTOR_GET_URL: 'http://127.0.0.1:9/' };
    const run = startCli(context, ['exec', '--skip-code', '3', '--lease', '2s', '--', 'echo', 'never'], env);
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/skipped, because the leader is unknown \(unreachable\)\. http.*ECONNREFUSED/);
  });

  it('exits with 75 if the sidecar names no leader', async (context) => {
    const env = {
      MY_POD_NAME: 'pod-1',
      ELECTOR_GET_URL: `http://127.0.0.1:${await startSidecar(context, naming(''))}/`,
    };
    const run = startCli(context, ['exec', '--', 'echo', 'never'], env);
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('skipped, because the leader is unknown (no-leader)');
  });

  it('ends the command when the lock record expires, although the sidecar goes on to name this pod', async (context) => {
    const [first] = await twoCandidates(context, { leaseDurationMs: 3_000 });
    const line = 'trap "exit 0" TERM; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--lease', '3s', '--', line], first.env);
    await run.prints('begun');
    await first.cutOff('sidecar', 'black-hole');
    await run.prints('leadership was lost');
    expect(first.claimsToLead).toBe(true);
    expect(await run.exited).toBe(75);
  });

  it.for([0, 9])(
    'sends SIGTERM when leadership is lost, and exits with 75 even if the command exits with %i',
    async (own, context) => {
      const [first] = await twoCandidates(context);
      const line = `trap "echo ended; exit ${own}" TERM; echo begun; while :; do sleep 0.1; done`;
      const run = startCli(context, ['exec', '--', line], first.env);
      await run.prints('begun');
      await first.answer({ body: '{"name":"pod-2"}' });
      expect(await run.exited).toBe(75);
      expect(run.stdout).toBe('begun\nended\n');
      expect(run.stderr).toContain('leadership was lost: sending SIGTERM to the command');
    },
  );

  it('waits with --wait until this pod leads, and exits with the code of the command', async (context) => {
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
  ])('exits with 75 on $what when the time of --wait is over', async ({ url }, context) => {
    const [, second] = await twoCandidates(context);
    const env = { ...second.env, ...(url !== undefined && { ELECTOR_GET_URL: url }) };
    const run = startCli(context, ['exec', '--wait', '300ms', '--', 'echo', 'never'], env);
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('skipped, because this pod was not elected within 300ms\n');
  });

  it.for([
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGQUIT', code: 131 },
    { signal: 'SIGTERM', code: 143 },
    { signal: 'SIGHUP', code: 129 },
  ] as const)('ends on $signal while it waits, without starting the command', async ({ signal, code }, context) => {
    const [, second] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--wait', '10m', '--', 'echo', 'never'], second.env);
    await run.prints('waiting until this pod leads');
    run.signal('SIGUSR1');
    run.signal(signal);
    expect(await run.exited).toBe(code);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain(`received ${signal} before the command was started\n`);
  });

  it('gives the grace period to all processes of the command, even if their shell ends at once', async (context) => {
    const [first] = await twoCandidates(context);
    const inner = 'trap "sleep 0.3; echo ended; exit" TERM; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--', `sh -c '${inner}'; echo on`], first.env);
    await run.prints('begun');
    await first.answer({ body: '{"name":"pod-2"}' });
    expect(await run.exited).toBe(75);
    expect(run.stdout).toBe('begun\nended\n');
  });

  it.skipIf(!hasMachines())(
    'does not wait for zombies when it is the first process of a container',
    async (context) => {
      const [first] = await twoCandidates(context);
      const inner = 'trap "sleep 0.3; echo ended; exit" TERM; echo begun; while :; do sleep 0.1; done';
      const command = [...CLI, 'exec', '--grace', '10m', '--', `sh -c '${inner}'; echo on`];
      const run = startProgram(context, onMachine(context, { isFirstProcess: true }, command), first.env);
      await run.prints('begun');
      await first.answer({ body: '{"name":"pod-2"}' });
      expect(await run.exited).toBe(75);
      expect(run.stdout).toBe('begun\nended\n');
    },
  );

  it('kills the command when the grace period after a loss is over', async (context) => {
    const [first] = await twoCandidates(context);
    const line = 'trap "" TERM; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--grace', '100ms', '--', line], first.env);
    await run.prints('begun');
    await first.answer({ body: '{"name":"pod-2"}' });
    expect(await run.exited).toBe(75);
  });

  it('kills the command when it is killed itself, because nothing else would notice a loss of leadership', async (context) => {
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
  ] as const)('forwards $signal and gives the command its grace period', async ({ signal, code }, context) => {
    const [first] = await twoCandidates(context);
    const run = startCli(context, ['exec', '--', 'echo begun; exec sleep 1000'], first.env);
    await run.prints('begun');
    run.signal(signal);
    expect(await run.exited).toBe(code);
    expect(run.stderr).toContain(`received ${signal}: sending ${signal} to the command, and SIGKILL after 10 s`);
  });

  it('counts two signals at the same time as one, because the terminal and npx may both send it', async (context) => {
    const [first] = await twoCandidates(context);
    // Either of them may be delivered first.
    const line = 'trap "echo orderly; exit 5" INT TERM; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--grace', '10m', '--', line], first.env);
    await run.prints('begun');
    // Both are pending when the process is resumed.
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) run.signal(signal);
    expect(await run.exited).toBe(5);
    expect(run.stdout).toBe('begun\norderly\n');
  });

  it('forwards every other signal, and keeps running', async (context) => {
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

  it('does not wait for the grace period after a second signal', async (context) => {
    const [first] = await twoCandidates(context);
    // The command answers so late that the second Ctrl-C does not count as an echo of the first.
    const line = 'trap "sleep 0.3; echo no" INT; echo begun; while :; do sleep 0.1; done';
    const run = startCli(context, ['exec', '--grace', '10m', '--', line], first.env);
    await run.prints('begun');
    run.signal('SIGINT');
    await run.prints('no\n');
    run.signal('SIGINT');
    expect(await run.exited).toBe(137);
  });
});
