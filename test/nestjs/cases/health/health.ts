import assert from 'node:assert/strict';
import { ClusterLeaderHealthIndicator } from '@cluster-leader/nestjs';
import { bootWithFakeLeader } from '../support/boot-with-fake-leader.ts';
import type { Case } from '../support/case.ts';

async function reportsHealth(): Promise<void> {
  const { app, leader } = await bootWithFakeLeader({});
  const indicator = app.get(ClusterLeaderHealthIndicator);
  const required = { requireKnown: true };
  assert.deepEqual(indicator.check(), { clusterLeader: { status: 'up', standing: 'follower' } });
  assert.equal(indicator.check('leader', required)['leader']?.status, 'up');
  leader.unknown('unreachable');
  assert.deepEqual(indicator.check(), { clusterLeader: { status: 'up', standing: 'unknown', reason: 'unreachable' } });
  assert.equal(indicator.check('leader', required)['leader']?.status, 'down');
  await app.close();
}

export const health: readonly Case[] = [
  {
    title: 'reports a follower as up, and an unknown standing as down only if a known one is required',
    run: reportsHealth,
  },
];
