import { mark, markOf, methodOf } from './metadata.ts';

/**
 * Calls the method with `{ term }` when this pod is elected, from `onApplicationBootstrap` on.
 *
 * It may work for as long as it leads, until `term.signal` aborts: nobody waits for it but a shutdown. What it throws is
 * logged.
 */
export function OnElected(): MethodDecorator {
  return onEvent('elected', '@OnElected()');
}

/**
 * Calls the method with `{ term, reason }` when this pod's term ends, by a shutdown too: that waits for it.
 *
 * Nothing else does, so that an `@OnElected()` of this term may still be ending, or one of the next have begun.
 */
export function OnDemoted(): MethodDecorator {
  return onEvent('demoted', '@OnDemoted()');
}

function onEvent(event: 'elected' | 'demoted', decorator: string): MethodDecorator {
  return (_target, key, descriptor: PropertyDescriptor) => {
    const method = methodOf(decorator, key, descriptor);
    mark(method, 'events', [...(markOf(method, 'events') ?? []), event]);
  };
}
