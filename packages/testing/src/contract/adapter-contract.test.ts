import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ClusterLeader } from '@cluster-leader/core';
import { describe, expect, it } from 'vitest';
import { adapterContract, type MountAdapter } from './adapter-contract.ts';

type Job = () => unknown;

/** A host that fires its jobs and swallows what they throw. */
function mountBy(wrap: (leader: ClusterLeader, work: Job) => Job): MountAdapter {
  return (leader, work, count) => {
    const jobs = Array.from({ length: count }, () => wrap(leader, work));
    return {
      async tick() {
        await Promise.allSettled(jobs.map(async (job) => job()));
      },
      async close() {},
    };
  };
}

const gated = mountBy((leader, work) => leader.gate(work, { name: 'job' }));

describe('the smallest adapter, gate(), keeps the contract: it', () => {
  for (const { title, run } of adapterContract(gated)) it(title, run);
});

async function brokenBy(mount: MountAdapter): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const { id, run } of adapterContract(mount)) await run().catch(() => broken.push(id));
  return broken;
}

const SKIPS = ['follower', 'not-asked', 'no-leader', 'unreachable', 'invalid-answer', 'stale', 'settling'].map(
  (reason) => `skips-${reason}`,
);

describe('the contract notices, whatever the host swallows,', () => {
  it('a job without a gate', async () => {
    const broken = await brokenBy(mountBy((_, work) => work));
    expect(broken).toEqual([
      'runs',
      ...SKIPS,
      'aborts-on-demotion',
      'aborts-on-close',
      'contains-loss',
      'runs-again',
      'closed',
    ]);
  });

  it('a job that only asks before it runs, so that it is in no term', async () => {
    const broken = await brokenBy(
      mountBy((leader, work) => async () => (await leader.shouldRun({ name: 'job' })).run && work()),
    );
    expect(broken).toEqual(['runs', 'aborts-on-demotion', 'aborts-on-close', 'contains-loss', 'runs-again']);
  });

  it('a skip that does not name its job', async () => {
    const broken = await brokenBy(mountBy((leader, work) => () => leader.runIfLeader(() => work())));
    expect(broken).toEqual(SKIPS);
  });

  it('a request for each job', async () => {
    const broken = await brokenBy((leader, work, count) => {
      const job = leader.gate(work, { name: 'job', maxAgeMs: 0 });
      return {
        async tick() {
          for (let index = 0; index < count; index += 1) await job();
        },
        async close() {},
      };
    });
    expect(broken).toEqual(['asks-once']);
  });

  it('a rejection by loss that nobody handles', async () => {
    // In a process of its own, since a test runner counts unhandled rejections as well.
    const program = `
      import { adapterContract } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)};
      const mount = (leader, work) => ({
        async tick() {
          const run = leader.runIfLeader(work, { name: 'job' });
          await new Promise((resolve) => run.finally(resolve));
        },
        async close() {},
      });
      const [{ run }] = adapterContract(mount).filter(({ id }) => id === 'contains-loss');
      await run().then(() => console.log('kept'), (error) => console.log(error.code));`;
    const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@cluster-leader/source'];
    const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(output).toBe('ERR_ASSERTION\n');
  });
});

it('gives each case an id of its own', () => {
  const ids = adapterContract(gated).map(({ id }) => id);
  expect(ids).toEqual([
    'runs',
    ...SKIPS,
    'aborts-on-demotion',
    'aborts-on-close',
    'contains-loss',
    'runs-again',
    'asks-once',
    'closed',
  ]);
});
