import type { Case } from './support/case.ts';
import { eventEmitter } from './events/event-emitter.ts';
import { listeners } from './events/listeners.ts';
import { calls } from './gating/calls.ts';
import { decoratedCases } from './gating/decorated.ts';
import { externalCallers } from './gating/external-callers.ts';
import { gateAllCases } from './gating/gate-all.ts';
import { invalidDecorators } from './gating/invalid-decorators.ts';
import { unchangedClasses } from './gating/unchanged-classes.ts';
import { withoutTheModule } from './gating/without-the-module.ts';
import { health } from './health/health.ts';
import { terminus } from './health/terminus.ts';
import { ledgerRefusals } from './ledger/refusals.ts';
import { ledgerRuns } from './ledger/runs.ts';
import { lockRecord } from './module/lock-record.ts';
import { options } from './module/options.ts';
import { service } from './module/service.ts';
import { shutdown } from './module/shutdown.ts';
import { stopFirst } from './module/stop-first.ts';
import { twoApps } from './module/two-apps.ts';
import { cronJobs } from './schedule/cron-jobs.ts';
import { handlers } from './schedule/handlers.ts';
import { registry } from './schedule/registry.ts';
import { unsupportedSchedule } from './schedule/unsupported-schedule.ts';

/** Cases that run one after the other, because Nest has one log per process. */
export const sequential: readonly Case[] = [
  ...options,
  ...service,
  ...lockRecord,
  ...ledgerRuns,
  ...ledgerRefusals,
  ...twoApps,
  ...calls,
  ...withoutTheModule,
  ...unchangedClasses,
  ...externalCallers,
  ...invalidDecorators,
  ...handlers,
  ...cronJobs,
  ...registry,
  ...unsupportedSchedule,
  ...listeners,
  ...eventEmitter,
  ...health,
  ...terminus,
  ...shutdown,
  ...stopFirst,
];

/** Cases that run at the same time, because most of them wait for the next second. */
export const concurrent: readonly Case[] = [...decoratedCases, ...gateAllCases];
