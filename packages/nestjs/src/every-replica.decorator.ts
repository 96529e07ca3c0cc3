import { contradiction } from './leader-only.decorator.ts';
import { mark, markOf, methodOf } from './metadata.ts';

/**
 * Lets a scheduled method run on every replica, also with `forRoot({ gate: 'all' })`.
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
  return (target, key, descriptor: PropertyDescriptor) => {
    const method = methodOf('@EveryReplica()', key, descriptor);
    if (markOf(method, 'gated')) throw contradiction(target, key);
    mark(method, 'everyReplica', true);
  };
}
