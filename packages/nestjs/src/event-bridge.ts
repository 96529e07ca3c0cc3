import type { LeadershipEvents } from '@cluster-leader/core';
import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { DiscoveryService } from '@nestjs/core';
import type { EventEmitter2, EventEmitterReadinessWatcher } from '@nestjs/event-emitter';

/** Hands an event on: `cluster-leader.<name>`, once all listeners of the app have been subscribed. */
export type EmitEvent = (name: keyof LeadershipEvents, event: object) => Promise<unknown>;

/**
 * Finds the emitter of `EventEmitterModule`; throws ERR_INVALID_OPTION if the app does not import it.
 *
 * It goes by what the providers of a module can do: an import of the package, which is optional, fails in bundles.
 */
export function eventEmitterOf(discovery: DiscoveryService): EmitEvent {
  const providers = discovery.getProviders();
  for (const { instance: watcher, host } of providers) {
    if (!isReadinessWatcher(watcher)) continue;
    const siblings = providers.filter((other) => other.host === host);
    const emitter = siblings.map(({ instance }): unknown => instance).find(isEmitter);
    if (emitter === undefined) continue;
    // Listeners are subscribed in `onApplicationBootstrap`, before or after ours; what comes earlier waits.
    const ready = watcher.waitUntilReady();
    return async (name, event) => {
      await ready;
      return emitter.emit(`cluster-leader.${name}`, event);
    };
  }
  const rule =
    'false in an app without EventEmitterModule: import EventEmitterModule.forRoot() of @nestjs/event-emitter';
  throw invalidOption('eventEmitter', true, rule);
}

function isReadinessWatcher(value: unknown): value is EventEmitterReadinessWatcher {
  return has(value, 'waitUntilReady') && has(value, 'setReady');
}

function isEmitter(value: unknown): value is EventEmitter2 {
  return has(value, 'emit') && has(value, 'onAny');
}

function has(value: unknown, method: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
}
