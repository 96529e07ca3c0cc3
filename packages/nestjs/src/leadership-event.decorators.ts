import { mark, markOf, methodOf } from './metadata.ts';

/** Calls the method with `{ term }` when this pod is elected, from `onApplicationBootstrap` on. */
export function OnElected(): MethodDecorator {
  return onEvent('elected', '@OnElected()');
}

/** Calls the method with `{ term, reason }` when this pod's term ends, by a shutdown too: that waits for it. */
export function OnDemoted(): MethodDecorator {
  return onEvent('demoted', '@OnDemoted()');
}

function onEvent(event: 'elected' | 'demoted', decorator: string): MethodDecorator {
  return (_target, key, descriptor: PropertyDescriptor) => {
    const method = methodOf(decorator, key, descriptor);
    mark(method, 'events', [...(markOf(method, 'events') ?? []), event]);
  };
}
