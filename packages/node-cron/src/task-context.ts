import type { Term } from '@cluster-leader/core';
import type { Run } from '@cluster-leader/ledger';
import type { TaskContext } from 'node-cron';

/** node-cron's context, and the term in which the task runs. */
export interface LeaderTaskContext extends TaskContext {
  /** Its signal aborts when leadership is lost, and on `shutdown()`. Pass it on to what the task awaits. */
  readonly term: Term;
}

/** A node-cron task whose context has a term. */
export type LeaderTaskFn = (context: LeaderTaskContext) => unknown;

/** The context of a task with a ledger. */
export interface LedgerTaskContext extends LeaderTaskContext {
  /** The run of this slot, made up or not; throws ERR_NO_TERM if the task is executed by hand, without a slot. */
  readonly run: Run;
}

/** A node-cron task whose context has a term and a run. */
export type LedgerTaskFn = (context: LedgerTaskContext) => unknown;
