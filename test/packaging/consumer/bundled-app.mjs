// An app to be bundled: each adapter gates a job, and errors keep their class and code. CommonJS bundles have no await at
// the top level.
import assert from 'node:assert/strict';
import { gateBackend } from '@cluster-leader/agenda';
import { ClusterLeaderError, ClusterLeaderService, currentTerm, isLeader } from '@cluster-leader/core';
import { ClusterLeaderModule, EveryReplica, LeaderInterval, LeaderOnly } from '@cluster-leader/nestjs';
import { leaderCron } from '@cluster-leader/node-cron';
import { fakeLeader } from '@cluster-leader/testing';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { Agenda } from 'agenda';
import { memoryBackend } from './memory-backend.mjs';

async function onceInNodeCron(leader) {
  const cron = leaderCron(leader);
  const { promise, resolve } = Promise.withResolvers();
  cron.schedule('* * * * * *', ({ term }) => {
    assert.equal(currentTerm(), term);
    resolve(term.number);
  });
  const number = await promise;
  await cron.shutdown();
  return number;
}

async function onceInAgenda(leader) {
  const { backend } = memoryBackend('report');
  const agenda = new Agenda({ backend: gateBackend(backend, { leader, leaderOnly: ['report'] }) });
  const { promise, resolve } = Promise.withResolvers();
  agenda.define('report', async () => resolve(currentTerm().number));
  await agenda.start();
  const number = await promise;
  await agenda.stop();
  return number;
}

/** Which methods of an app have run by the time that the ungated one has run five times. */
async function inNest(mode, decorators) {
  const ran = new Set();
  const { promise, resolve } = Promise.withResolvers();
  let freeRuns = 0;
  class Jobs {
    gated() {
      ran.add('gated');
    }
    free() {
      ran.add('free');
      if ((freeRuns += 1) === 5) resolve();
    }
  }
  const method = (name, ...decorators) => {
    const descriptor = Object.getOwnPropertyDescriptor(Jobs.prototype, name);
    for (const decorator of decorators.toReversed()) decorator(Jobs.prototype, name, descriptor);
    Object.defineProperty(Jobs.prototype, name, descriptor);
  };
  method('gated', ...decorators);
  method('free', Interval(20), EveryReplica());
  class AppModule {}
  const imports = [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot({ mode })];
  Reflect.defineMetadata('imports', imports, AppModule);
  Reflect.defineMetadata('providers', [Jobs], AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
  await promise;
  await app.close();
  return [...ran].toSorted();
}

async function main() {
  assert.throws(() => new ClusterLeaderService({ url: 'nonsense' }), ClusterLeaderError);
  assert.equal(await isLeader(), false); // nothing answers on port 4040
  const [leader, follower] = [fakeLeader(), fakeLeader()];
  leader.elect();
  assert.equal(await onceInNodeCron(leader), 1);
  const cron = leaderCron(follower, { gateExecute: true });
  assert.equal(await cron.createTask('@yearly', () => 'ran').execute(), undefined);
  assert.equal(await onceInAgenda(leader), 1);
  for (const decorators of [[LeaderInterval(10)], [Interval(10), LeaderOnly()]]) {
    assert.deepEqual(await inNest('always', decorators), ['free', 'gated']);
    assert.deepEqual(await inNest('never', decorators), ['free']);
  }
  console.log('a bundle works');
  process.exit(); // Agenda's timers would hold it for minutes
}

void main();
