// The same packages from CommonJS: `require` of an ES module, and one instance of it for both kinds of import.
const assert = require('node:assert/strict');
const { ClusterLeaderService, ClusterLeaderError, isLeader } = require('@cluster-leader/core');
const { gateBackend } = require('@cluster-leader/agenda');
const { ClusterLeaderModule, LeaderOnly } = require('@cluster-leader/nestjs');
const { leaderCron } = require('@cluster-leader/node-cron');
const { fakeLeader } = require('@cluster-leader/testing');

async function main() {
  assert.throws(() => new ClusterLeaderService({ url: 'nonsense' }), ClusterLeaderError);
  const leader = fakeLeader();
  leader.elect();
  const cron = leaderCron(leader);
  const task = cron.createTask('* * * * * *', ({ term }) => term.number, { gateExecute: true });
  assert.equal(await task.execute(), 1);
  await task.destroy();
  assert.equal(typeof LeaderOnly(), 'function');
  assert.equal(ClusterLeaderModule.forRoot().global, true);
  assert.throws(() => gateBackend({}, { leader, leaderOnly: 'all' }), { code: 'ERR_INVALID_OPTION' });
  const esm = await import('@cluster-leader/core');
  assert.equal(esm.ClusterLeaderService, ClusterLeaderService);
  assert.equal(await isLeader({ maxAgeMs: 1_000 }), false); // nobody answers on port 4040
  console.log('cjs works');
}

void main();
