import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { applyDecorators } from '@nestjs/common';
import { Cron, Interval, Timeout, type CronOptions } from '@nestjs/schedule';
import { LeaderOnly, type GateOptions, type LeaderOnlyOptions } from '../gating/leader-only.decorator.ts';

type TimerArguments = [
  first: number | string,
  second?: number | GateOptions | undefined,
  third?: GateOptions | undefined,
];

/**
 * Combines `@Cron` and `@LeaderOnly`. A `name` applies to both: the registry's cron job and the `skipped` events; with a
 * ledger it names the job there as well.
 */
export function LeaderCron(
  cronTime: Parameters<typeof Cron>[0],
  options: CronOptions & LeaderOnlyOptions = {},
): MethodDecorator {
  const { onSkip, catchUp, catchUpWindowMs, maxCatchUp, interrupted, maxAttempts, ...cron } = options;
  const ledger = { catchUp, catchUpWindowMs, maxCatchUp, interrupted, maxAttempts };
  return applyDecorators(LeaderOnly({ name: options.name, onSkip, ...ledger }), Cron(cronTime, cron));
}

/** Combines `@Interval`, with a period in milliseconds, and `@LeaderOnly`. */
export function LeaderInterval(timeoutMs: number, options?: GateOptions): MethodDecorator;
/** The `name` applies to both: the registry's interval and the `skipped` events. */
export function LeaderInterval(name: string, timeoutMs: number, options?: GateOptions): MethodDecorator;
export function LeaderInterval(...args: TimerArguments): MethodDecorator {
  return leaderTimer(Interval, args);
}

/**
 * Combines `@Timeout` and `@LeaderOnly`: one run, `timeoutMs` milliseconds after bootstrap, if this pod leads then.
 *
 * A pod that is elected later does not make up for it.
 */
export function LeaderTimeout(timeoutMs: number, options?: GateOptions): MethodDecorator;
/** The `name` applies to both: the registry's timeout and the `skipped` events. */
export function LeaderTimeout(name: string, timeoutMs: number, options?: GateOptions): MethodDecorator;
export function LeaderTimeout(...args: TimerArguments): MethodDecorator {
  return leaderTimer(Timeout, args);
}

function leaderTimer(timer: typeof Interval, [first, second, third]: TimerArguments): MethodDecorator {
  if (typeof first === 'string' && typeof second === 'number') {
    return applyDecorators(LeaderOnly({ name: first, ...ownOptions(third) }), timer(first, second));
  }
  if (typeof first === 'number' && typeof second !== 'number') {
    return applyDecorators(LeaderOnly(ownOptions(second)), timer(first));
  }
  const rule = 'a number of milliseconds, or a name and a number of milliseconds';
  throw invalidOption('timeoutMs', second ?? first, rule);
}

/** Intervals and timeouts have no slots, hence no options of a ledger. */
function ownOptions(options: GateOptions = {}): GateOptions {
  return requireKnownOptions(options, ['name', 'onSkip']);
}
