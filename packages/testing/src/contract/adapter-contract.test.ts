import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ClusterLeader } from '@cluster-leader/core';
import { describe, expect, it } from 'vitest';
import { adapterContract } from './adapter-contract.ts';
import type { MountAdapter } from './mounted-adapter.ts';

type Job = () => unknown;

/** A host that starts its jobs and swallows their errors. */
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

describe('gate(), the smallest adapter, keeps the contract: it', () => {
  for (const { title, run } of adapterContract(gated)) it(title, run);
});

async function brokenBy(mount: MountAdapter): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const { id, run } of adapterContract(mount)) await run().catch(() => broken.push(id));
  return broken;
}

const SKIPS = [
  'follower',
  'not-asked',
  'no-leader',
  'unreachable',
  'invalid-answer',
  'stale',
  'settling',
  'unconfirmed',
  'lock-expired',
  'lock-unreachable',
].map((reason) => `skips-${reason}`);

const LOSSES = ['aborts-on-demotion', 'aborts-on-close', 'contains-loss', 'runs-again'];

const ALL = ['runs', ...SKIPS, ...LOSSES, 'asks-once', 'closed'];

describe('the contract detects, in a host that swallows errors,', () => {
  it('a job without a gate', async () => {
    const broken = await brokenBy(mountBy((_, work) => work));
    expect(broken).toEqual(ALL.filter((id) => id !== 'asks-once'));
  });

  it('a job that checks for leadership but runs outside of a term', async () => {
    const broken = await brokenBy(
      mountBy((leader, work) => async () => (await leader.shouldRun({ name: 'job' })).run && work()),
    );
    expect(broken).toEqual(['runs', ...LOSSES]);
  });

  it('a skipped event without the name of the job', async () => {
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

  it('an unhandled rejection after a loss', async () => {
    // In its own process, since Vitest fails a run with an unhandled rejection.
    const program = `
      import { adapterContract } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)};
      const mount = (leader, work) => ({
        async tick() {
          const run = (async () => void (await leader.runIfLeader(work, { name: 'job' })))();
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

it('gives each case a unique id', () => {
  const ids = adapterContract(gated).map(({ id }) => id);
  expect(ids).toEqual(ALL);
});
