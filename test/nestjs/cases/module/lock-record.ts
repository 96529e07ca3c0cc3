import assert from 'node:assert/strict';
import { ClusterLeaderService, type LockRecord, type LockRecordReader } from '@cluster-leader/core';
import {
  ClusterLeaderHealthIndicator,
  ClusterLeaderModule,
  type ClusterLeaderModuleOptions,
} from '@cluster-leader/nestjs';
import { startElection } from '@cluster-leader/testing';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { quietly } from '../support/app-log.ts';
import { Feature } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { later } from '../schedule/late-options.ts';

/** A lock record that another program keeps fresh, or one that cannot be read. */
class Lock implements LockRecordReader {
  readonly description = 'Lease my-app in namespace default';
  readonly #holder: string | undefined;
  isClosed = false;

  constructor(holder?: string) {
    this.#holder = holder;
  }

  async read(): Promise<LockRecord> {
    if (this.#holder === undefined) throw new Error('The API server does not answer.');
    return { holder: this.#holder, renewedAt: new Date(), leaseDurationMs: 10_000, version: 7n, uid: 'lease' };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

type Configure = (options: ClusterLeaderModuleOptions) => DynamicModule;

const forRoot: Configure = (options) => ClusterLeaderModule.forRoot(options);

/** Boots an app beside the sidecar of a leading pod, and calls `check` once the app has judged the sidecar's claim. */
async function besideLeader(
  configure: Configure,
  lockOf: (pod: string) => Lock,
  options: ClusterLeaderModuleOptions,
  check: (leader: ClusterLeaderService, health: ClusterLeaderHealthIndicator) => void,
): Promise<Lock> {
  const election = await startElection({ candidates: 1 });
  const [candidate] = election.candidates;
  assert.ok(candidate);
  const { name, url } = candidate;
  const lock = lockOf(name);
  await quietly(async () => {
    const imports = [configure({ url, identity: name, lockRecord: lock, ...options })];
    const app = await NestFactory.createApplicationContext({ module: Feature, imports }, { logger: false });
    try {
      const leader = app.get(ClusterLeaderService);
      await leader.isLeader();
      check(leader, app.get(ClusterLeaderHealthIndicator));
    } finally {
      await app.close();
      await election.close();
    }
  });
  return lock;
}

async function confirms(configure: Configure): Promise<void> {
  let holder = '';
  const lockOf = (pod: string): Lock => {
    holder = pod;
    return new Lock(pod);
  };
  const lock = await besideLeader(configure, lockOf, {}, (leader, health) => {
    assert.equal(leader.term?.fencingToken, 7n);
    const { status, lock: shown } = health.check()['clusterLeader'] ?? {};
    assert.deepEqual([status, shown?.holder, shown?.version], ['up', holder, '7']);
  });
  assert.equal(lock.isClosed, true);
}

async function contradicts(): Promise<void> {
  await besideLeader(
    forRoot,
    () => new Lock('another-pod'),
    {},
    (leader, health) => {
      assert.equal(leader.term, undefined);
      const { status, standing, lock } = health.check('leader', { requireKnown: true })['leader'] ?? {};
      assert.deepEqual([status, standing, lock?.holder], ['up', 'follower', 'another-pod']);
    },
  );
}

async function isUnreachable(whenUnreachable: ClusterLeaderModuleOptions['whenUnreachable']): Promise<void> {
  await besideLeader(
    forRoot,
    () => new Lock(),
    { whenUnreachable },
    (leader, health) => {
      const trusts = whenUnreachable === 'trust-sidecar';
      assert.equal(leader.isLeaderNow(), trusts);
      const { status, lock, reason } = health.check()['clusterLeader'] ?? {};
      assert.deepEqual([status, reason], ['up', trusts ? undefined : 'lock-unreachable']);
      assert.match(lock?.error ?? '', /The API server does not answer/);
    },
  );
}

export const lockRecord: readonly Case[] = [
  {
    title: 'passes lockRecord from forRoot on: the term has a fencing token, health shows the lock, shutdown closes it',
    run: () => confirms(forRoot),
  },
  { title: 'passes lockRecord from forRootAsync on', run: () => confirms(later) },
  { title: 'reports a pod that the lock record contradicts as a healthy follower', run: contradicts },
  { title: 'does not lead while the lock record cannot be read, and is healthy', run: () => isUnreachable(undefined) },
  {
    title: "passes whenUnreachable on: with 'trust-sidecar' it leads while the lock record cannot be read",
    run: () => isUnreachable('trust-sidecar'),
  },
];
