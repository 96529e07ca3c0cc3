import { mark, ownMarkOf } from '../handlers/marks.ts';
import { requireMethod } from '../handlers/method.ts';

/**
 * Calls the method with `{ term }` when this pod is elected, from `onApplicationBootstrap` on.
 *
 * The method may run for as long as this pod leads, until `term.signal` aborts. Only a shutdown waits for it. Its
 * errors are logged.
 */
export function OnElected(): MethodDecorator {
  return onEvent('elected', '@OnElected()');
}

/**
 * Calls the method with `{ term, reason }` when this pod's term ends, which includes a shutdown.
 *
 * Only a shutdown waits for it. The `@OnElected()` method of the same term may therefore still be running, and that of
 * the next term may have started.
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
