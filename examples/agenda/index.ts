// Only the leader reports, every two seconds; any replica makes thumbnails.
// To run three replicas on this machine: npx -y pnpm@12 demo:agenda
import { PostgresBackend } from '@agendajs/postgres-backend';
import { drain, gateBackend } from '@cluster-leader/agenda';
import { ClusterLeaderService, currentTerm } from '@cluster-leader/core';
import { Agenda } from 'agenda';

const leader = new ClusterLeaderService(); // the lease comes from $CLUSTER_LEADER_LEASE
const postgres = new PostgresBackend({
  connectionString: process.env['DATABASE_URL'] ?? 'postgresql://localhost/postgres',
  ensureSchema: process.env['HAS_TABLES'] === undefined, // two replicas at once cannot create them
});
const agenda = new Agenda({
  backend: gateBackend(postgres, { leader, leaderOnly: ['report'] }),
  processEvery: 1_000,
  removeOnComplete: true,
});

agenda.define('report', async () => {
  const term = currentTerm();
  term.assertLeader(); // right before the side effect
  console.log(`reported in term ${term.number}`);
});
agenda.define('thumbnail', async () => console.log('made a thumbnail'));
agenda.on('error', (error) => console.error(error.message));
leader.on('elected', ({ term }) => console.log(`elected for term ${term.number}`));
leader.on('demoted', ({ term, reason }) => console.log(`demoted from term ${term.number}: ${reason}`));

await agenda.start();
await agenda.every('2 seconds', 'report'); // on every replica: it creates one job
const uploading = setInterval(() => void agenda.now('thumbnail', {}), 1_000);

process.once('SIGTERM', async () => {
  clearInterval(uploading);
  const { givenBack } = await drain(agenda);
  await leader.close();
  console.log(`drained, ${givenBack} given back`);
  process.exit(); // Agenda's own timers keep the process alive, for up to a lockLifetime
});
