// An app with Agenda, on a queue of one job in memory: the gate is tried out when Agenda connects, the job waits for the leader.
import assert from 'node:assert/strict';
import { drain, gateBackend } from '@cluster-leader/agenda';
import { currentTerm } from '@cluster-leader/core';
import { fakeLeader } from '@cluster-leader/testing';
import { Agenda } from 'agenda';
import { memoryBackend } from './memory-backend.mjs';

const leader = fakeLeader();
const { backend, calls } = memoryBackend('report');
const agenda = new Agenda({ backend: gateBackend(backend, { leader, leaderOnly: ['report'] }) });
const reported = new Promise((resolve) => agenda.define('report', async () => resolve(currentTerm().number)));
await agenda.start();
assert.deepEqual(calls, []);
leader.elect();
assert.equal(await reported, 1);
assert.deepEqual(await drain(agenda), { completed: 1, running: 0, givenBack: 0, timedOut: false, aborted: false });
assert.deepEqual(calls, ['getNextJobToRun', 'saveJobState', 'saveJobState']);
console.log('a queue works');
process.exit(); // Agenda's timers would hold it for minutes
