import { contradiction } from './leader-only.decorator.ts';
import { mark, ownMarkOf, requireMethod } from './metadata.ts';

/**
 * Lets a scheduled method run on every replica, even with `forRoot({ gate: 'all' })`.
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
