import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { startCli, type CliRun } from '../fixtures/cli-run.ts';
import { descendants, isAlive, survivors } from '../fixtures/processes.ts';

// Every test starts several processes: with more tests at a time, a small machine starves their sidecars.
vi.setConfig({ testTimeout: 60_000, maxConcurrency: 2 });

const app = fileURLToPath(new URL('../fixtures/app.fixture.ts', import.meta.url));
const node = [process.execPath, '--disable-warning=ExperimentalWarning', app];

function isSupervisor(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('supervisor-process');
}

function count(run: CliRun, text: string): number {
  return run.lines.filter((line) => line.includes(text)).length;
}

describe.concurrent('cluster-leader dev, without a terminal,', () => {
  it('gives each replica an identity, a sidecar, a port and a prefix of its own', async (context) => {
    const run = startCli(context, ['dev', '--lease', '2s', '--dialect', 'nais', '--', ...node, 'env']);
    await run.until((now) => count(now, '"PORT"') === 3);
    const seen = run.lines.filter((line) => line.includes('"PORT"')).map((line) => line.split(' | '));
    const envs = seen.map(([, json = '']): Record<string, string> => JSON.parse(json));
    expect(envs.map((env) => env['MY_POD_NAME'])).toEqual(seen.map(([prefix]) => prefix));
    expect(new Set(seen.map(([prefix]) => prefix)).size).toBe(3);
    for (const name of ['PORT', 'ELECTOR_GET_URL', 'ELECTOR_SSE_URL', 'CLUSTER_LEADER_API_SERVER', 'MY_POD_UID']) {
      expect(new Set(envs.map((env) => env[name])).size).toBe(3);
    }
    const shared = {
      CLUSTER_LEADER_LOCK: 'lease/my-app',
      MY_POD_NAMESPACE: 'default',
      CLUSTER_LEADER_LEASE: '2000ms',
      LEASE_DURATION_MS: '2000',
    };
    for (const env of envs) expect(env).toMatchObject(shared);
    expect(run.stdout).toContain('pod-1 leads, term 1');
  });

  it('ignores a mode, event stream and name that are set for a single process on this machine', async (context) => {
    const env = { CLUSTER_LEADER_MODE: 'always', ELECTOR_SSE_URL: 'http://127.0.0.1:9/', MY_POD_NAME: 'me' };
    const run = startCli(context, ['dev', '--replicas', '1', '--', ...node, 'env'], env);
    await run.prints('"PORT"');
    const [, json = ''] = run.lines.find((line) => line.includes('"PORT"'))?.split(' | ') ?? [];
    const seen: unknown = JSON.parse(json);
    expect(seen).toMatchObject({ MY_POD_NAME: 'pod-1', CLUSTER_LEADER_MODE: 'sidecar' });
    expect(seen).not.toHaveProperty('ELECTOR_SSE_URL');
  });

  it('takes the lease from $CLUSTER_LEADER_LEASE, and passes it to the apps', async (context) => {
    const command = ['dev', '--replicas', '1', '--', ...node, 'env'];
    const run = startCli(context, command, { CLUSTER_LEADER_LEASE: '1.5s' });
    await run.prints('"PORT"');
    expect(run.stdout).toContain('"CLUSTER_LEADER_LEASE":"1500ms"');
  });

  it('takes the lease from the dialect if nothing else gives one', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--dialect', 'kkosmrli', '--', ...node, 'env']);
    await run.prints('"PORT"');
    expect(run.stdout).toContain('"CLUSTER_LEADER_LEASE":"15000ms"');
  });

  it('uses other ports than another dev that starts at the same time', async (context) => {
    const runs = [1, 2].map(() => startCli(context, ['dev', '--replicas', '1', '--', ...node, 'serve']));
    await Promise.all(runs.map((run) => run.prints('| listens on')));
    const ports = runs.flatMap(({ stdout }) => stdout.match(/(?<=listens on )\d+/g));
    expect(new Set(ports).size).toBe(2);
  });

  it.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends the apps with SIGTERM, then everything else, on %s',
    async (signal, context) => {
      const run = startCli(context, ['dev', '--replicas', '2', '--', ...node]);
      await run.until((now) => count(now, '| up') === 2);
      const pids = descendants(run.pid);
      expect(pids.filter(isAlive).length).toBeGreaterThanOrEqual(6); // an app, its supervisor and its sidecar, twice
      run.signal(signal);
      expect(await run.exited).toBe(0);
      expect(count(run, '| orderly')).toBe(2);
      expect(pids.filter(isAlive)).toEqual([]);
    },
  );

  it('gives the grace period to an app whose shell ends at once', async (context) => {
    const line = `${node.map((word) => `'${word}'`).join(' ')}; echo on`;
    const run = startCli(context, ['dev', '--replicas', '1', '--', line]);
    await run.prints('| up');
    run.signal('SIGINT');
    expect(await run.exited).toBe(0);
    expect(run.stdout).toContain('| orderly');
    expect(run.stdout).not.toContain('| on');
  });

  it('kills an app that ignores SIGTERM when the grace period is over', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--grace', '200ms', '--', ...node, 'deaf']);
    await run.prints('deaf');
    const pids = descendants(run.pid);
    run.signal('SIGTERM');
    expect(await run.exited).toBe(0);
    expect(run.stdout).toContain('pod-1 is dead (SIGKILL)');
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('does not wait for the grace period after a second signal', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--grace', '10m', '--', ...node, 'deaf']);
    await run.prints('deaf');
    run.signal('SIGINT');
    await run.prints('| no');
    run.signal('SIGINT');
    expect(await run.exited).toBe(0);
    expect(run.stdout).toContain('pod-1 is dead (SIGKILL)');
  });

  it('counts two signals at the same time as one, because the terminal and npx may both send it', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--', ...node]);
    await run.prints('| up');
    // Both are pending when the process is resumed.
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) run.signal(signal);
    expect(await run.exited).toBe(0);
    expect(run.stdout).toContain('| orderly');
  });

  it('shuts the apps down when its output is closed', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'cluster-leader-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true }));
    const line = `trap 'echo orderly >"$FOLDER/$MY_POD_NAME"; exit' TERM; while :; do echo up; sleep 0.05; done`;
    const run = startCli(context, ['dev', '--replicas', '2', '--', line], { FOLDER: folder });
    await run.until((now) => count(now, 'pod-1 | up') > 0 && count(now, 'pod-2 | up') > 0);
    run.child.stdout?.destroy();
    run.signal('SIGINT'); // Ctrl-C ends both ends of a pipe
    expect(await run.exited).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual(['pod-1', 'pod-2']);
  });

  it('leaves no process behind when it is killed, even one that ignores signals, is stopped or runs in a shell', async (context) => {
    const line = `${node.map((word) => `'${word}'`).join(' ')} deaf & exec ${node.map((word) => `'${word}'`).join(' ')} deaf`;
    const run = startCli(context, ['dev', '--replicas', '2', '--', line]);
    await run.until((now) => count(now, '| deaf') === 4);
    const pids = descendants(run.pid);
    // Apps and sidecars, but not the supervisors, which nothing stops in practice.
    for (const pid of pids.filter((one) => !isSupervisor(one)).slice(0, 3)) process.kill(pid, 'SIGSTOP');
    expect(pids.filter(isAlive)).toEqual(pids);
    run.signal('SIGKILL');
    expect(await survivors(pids)).toEqual([]);
  });

  it('ends the app if its supervisor is killed', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--', ...node, 'deaf']);
    await run.prints('deaf');
    const pids = descendants(run.pid);
    const supervisor = pids.find(isSupervisor);
    process.kill(supervisor ?? 0, 'SIGKILL');
    expect(await run.exited).toBe(1);
    expect(await survivors(pids)).toEqual([]);
  });

  it('exits with 1 when every replica has crashed', async (context) => {
    const run = startCli(context, ['dev', '--', ...node, 'crash']);
    expect(await run.exited).toBe(1);
    for (const pod of ['pod-1', 'pod-2', 'pod-3']) expect(run.stdout).toContain(`${pod} is dead (exit code 3)`);
  });

  it('restarts a dead replica as a kubelet does, with --restart', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--restart', '--', ...node, 'crash']);
    await run.until((now) => count(now, 'exit code 3') >= 2);
    expect(count(run, 'pod-1 runs')).toBeGreaterThanOrEqual(2);
    run.signal('SIGINT');
    expect(await run.exited).toBe(0);
  });

  it('ends the sidecar of an app that dies, so that another replica is elected', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '2', '--lease', '2s', '--', 'echo $$ && exec sleep 1000']);
    await run.until((now) => /pod-1 \| \d+/.test(now.stdout) && now.stdout.includes('pod-1 leads, term 1'));
    process.kill(Number(/pod-1 \| (\d+)/.exec(run.stdout)?.[1]), 'SIGKILL');
    await run.prints('pod-2 leads, term 2');
    expect(run.stdout).toContain('pod-1 is dead (SIGKILL)');
  });

  it('prints all of 100 MB of output with little memory', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--', ...node, 'flood']);
    await run.until(({ stdout }) => stdout.length > 50 * 1024 * 1024);
    const [, peakKb] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${run.pid}/status`, 'utf8')) ?? [];
    expect(Number(peakKb)).toBeLessThan(300 * 1024);
    expect(await run.exited).toBe(0);
    expect(count(run, `pod-1 | ${'x'.repeat(99)}`)).toBeGreaterThanOrEqual(1024 * 1024);
  });

  it('runs a command of a single word in a shell', async (context) => {
    const run = startCli(context, ['dev', '--replicas', '1', '--', 'echo one && echo "$MY_POD_NAME two"']);
    expect(await run.exited).toBe(0);
    expect(run.stdout).toMatch(/pod-1 \| one\n[^]*pod-1 \| pod-1 two\n/);
  });

  it('reports a command that does not exist', async (context) => {
    const run = startCli(context, ['dev', '--', 'no-such-program', 'at all']);
    expect(await run.exited).toBe(1);
    expect(run.stderr).toBe('cluster-leader dev: no-such-program cannot be started (ENOENT)\n');
  });
});
