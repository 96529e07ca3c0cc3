import { mark, ownMarkOf, requireMethod } from './metadata.ts';

/**
 * Calls the method with `{ term }` when this pod is elected, from `onApplicationBootstrap` on.
 *
 * It may work for as long as this pod leads, until `term.signal` aborts: nothing waits for it but a shutdown. What it
 * throws is logged.
 */
export function OnElected(): MethodDecorator {
  return onEvent('elected', '@OnElected()');
}

/**
 * Calls the method with `{ term, reason }` when this pod's term ends, which a shutdown does as well and waits for it.
 *
 * Nothing else does, so that an `@OnElected()` of this term may still be ending, or one of the next have begun.
 */
export function OnDemoted(): MethodDecorator {
  return onEvent('demoted', '@OnDemoted()');
}

function onEvent(event: 'elected' | 'demoted', decorator: string): MethodDecorator {
  return (target, key, descriptor) => {
    requireMethod(decorator, key, descriptor);
    mark(target, key, 'events', [...(ownMarkOf(target, key, 'events') ?? []), event]);
  };
}
