import type { ClusterLeader, Term } from '@cluster-leader/core';
import type { Run, RunLedger } from '@cluster-leader/ledger';
import { fakeLeader } from '@cluster-leader/testing';
import type { NodeCron, ScheduledTask, TaskContext, TaskFn, TaskOptions } from 'node-cron';
import { expect, expectTypeOf, test } from 'vitest';
import {
  leaderCron,
  type CronLedger,
  type LeaderCron,
  type LeaderTaskContext,
  type LeaderTaskFn,
  type LeaderTaskOptions,
  type LedgerTaskContext,
  type LedgerTaskFn,
  type LedgerTaskOptions,
} from './index.ts';

const leader = fakeLeader();
const cron = leaderCron(leader);
const task: TaskFn = () => {};
const options: TaskOptions = {};

test('has every member of node-cron, and is assignable to its type', () => {
  expectTypeOf<keyof LeaderCron>().toEqualTypeOf<keyof NodeCron>();
  expectTypeOf<LeaderCron>().toExtend<NodeCron>();
});

test("takes node-cron's functions, files and options", () => {
  const { schedule, createTask } = cron;
  for (const create of [schedule, createTask]) {
    expectTypeOf(create).toBeCallableWith('@daily', task);
    expectTypeOf(create).toBeCallableWith('@daily', './task.js', options);
    expectTypeOf(create).toBeCallableWith('@daily', async () => 'sent', { gateExecute: true });
    expectTypeOf(create).returns.toEqualTypeOf<ScheduledTask>();
  }
  expectTypeOf(leaderCron).toBeCallableWith(leader);
  expectTypeOf(leaderCron).toBeCallableWith(leader, options);
  expectTypeOf(leaderCron).parameter(0).toEqualTypeOf<ClusterLeader>();
});

test("gives a function all of node-cron's context and a term", () => {
  expectTypeOf<LeaderTaskContext>().toExtend<TaskContext>();
  expectTypeOf<LeaderTaskContext['term']>().toEqualTypeOf<Term>();
  expectTypeOf(cron.schedule).parameter(1).toEqualTypeOf<string | LeaderTaskFn>();
  expectTypeOf<LeaderTaskFn>().parameter(0).toEqualTypeOf<LeaderTaskContext>();
});

test("adds one option to node-cron's", () => {
  expectTypeOf<Exclude<keyof LeaderTaskOptions, keyof TaskOptions>>().toEqualTypeOf<'gateExecute'>();
});

test('requires a name with a ledger, and gives the context a run', () => {
  const ledger = { register: () => expect.unreachable() };
  const { schedule } = leaderCron(leader, { ledger, catchUp: 'latest' });
  expectTypeOf(schedule).parameter(1).toEqualTypeOf<string | LedgerTaskFn>();
  expectTypeOf(schedule).parameter(2).toEqualTypeOf<LedgerTaskOptions>();
  expectTypeOf<LedgerTaskContext['run']>().toEqualTypeOf<Run>();
  expectTypeOf<RunLedger>().toExtend<CronLedger>();
});
