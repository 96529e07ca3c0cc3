// An app that has installed the packages: a leader runs a task, and the process ends by itself.
import assert from 'node:assert/strict';
import { ClusterLeaderService, currentTerm } from '@cluster-leader/core';
import { leaderCron } from '@cluster-leader/node-cron';
import { fakeLeader, startElection } from '@cluster-leader/testing';

const election = await startElection({ candidates: 2, leaseDurationMs: 1_000, processes: true });
const [first, second] = election.candidates;
const identified = (candidate) => ({ url: candidate.url, identity: candidate.name, leaseDurationMs: 1_000 });
const leader = new ClusterLeaderService(identified(first));
const follower = new ClusterLeaderService(identified(second));
assert.equal(await leader.start(), 'leader');
assert.equal(await follower.start(), 'follower');

const ran = new Promise((resolve) => {
  const { schedule } = leaderCron(leader);
  const task = schedule('* * * * * *', ({ term }) => {
    assert.equal(currentTerm(), term);
    void task.destroy();
    resolve(term.number);
  });
});
assert.equal(await ran, 1);
assert.deepEqual(await fakeLeader().runIfLeader(() => 1), { ran: false, reason: 'follower' });

await leader.close();
await follower.close();
await election.close();
console.log('esm works');
