import { mark, ownMarkOf } from '../handlers/marks.ts';
import { requireMethod } from '../handlers/method.ts';
import { contradiction } from './contradiction.ts';

/**
 * Runs a scheduled method on every replica, even with `forRoot({ gate: 'all' })`.
 *
 * @example
 * ```ts
 * class Caches {
 *   @Interval(60_000)
 *   @EveryReplica()
 *   refresh() {}
 * }
 * ```
 */
export function EveryReplica(): MethodDecorator {
  return (target, key, descriptor) => {
    requireMethod('@EveryReplica()', key, descriptor);
    if (ownMarkOf(target, key, 'gated')) throw contradiction(target, key);
    mark(target, key, 'everyReplica', true);
  };
}
