import { inspect } from 'node:util';
import { ClusterLeaderError } from '@cluster-leader/core';
import { applyDecorators } from '@nestjs/common';
import { Cron, Interval, Timeout, type CronOptions } from '@nestjs/schedule';
import { LeaderOnly, type LeaderOnlyOptions } from './leader-only.decorator.ts';

/** What `@Interval` and `@Timeout` take, a time in milliseconds or a name and a time, then the options of `@LeaderOnly`. */
export type LeaderTimerArguments =
  | [timeoutMs: number, options?: LeaderOnlyOptions, none?: undefined]
  | [name: string, timeoutMs: number, options?: LeaderOnlyOptions];

/** `@Cron` whose runs happen on the leader alone. A `name` is both the job's and the one in `skipped` events. */
export function LeaderCron(
  cronTime: Parameters<typeof Cron>[0],
  options: CronOptions & LeaderOnlyOptions = {},
): MethodDecorator {
  const { onSkip, ...cron } = options;
  return applyDecorators(LeaderOnly({ name: options.name, onSkip }), Cron(cronTime, cron));
}

/** `@Interval` whose runs happen on the leader alone. */
export function LeaderInterval(...args: LeaderTimerArguments): MethodDecorator {
  return leaderTimer(Interval, args);
}

/** `@Timeout` whose run happens on the leader alone. */
export function LeaderTimeout(...args: LeaderTimerArguments): MethodDecorator {
  return leaderTimer(Timeout, args);
}

function leaderTimer(timer: typeof Interval, [first, second, third]: LeaderTimerArguments): MethodDecorator {
  if (typeof first === 'string' && typeof second === 'number') {
    return applyDecorators(LeaderOnly({ name: first, ...third }), timer(first, second));
  }
  if (typeof first === 'number' && typeof second !== 'number') {
    return applyDecorators(LeaderOnly(second), timer(first));
  }
  const rule = 'a number of milliseconds, or a name and a number of milliseconds';
  throw new ClusterLeaderError(
    'ERR_INVALID_OPTION',
    `timeoutMs is ${inspect(second ?? first)}, but it must be ${rule}.`,
  );
}
