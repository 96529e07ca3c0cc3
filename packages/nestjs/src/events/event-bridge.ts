import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { EventEmitter2, EventEmitterReadinessWatcher } from '@nestjs/event-emitter';
import { missingMethods } from '../handlers/method.ts';
import type { LeadershipListener } from './follow.ts';

const logger = new Logger('ClusterLeader');

/**
 * Makes a listener that emits each event as `cluster-leader.<name>` from the emitter of `EventEmitterModule`.
 *
 * Throws ERR_INVALID_OPTION if the app does not import that module. The emitter is recognised by its methods: importing
 * the package, which is optional, would fail in bundles.
 */
export function eventBridge(discovery: DiscoveryService): LeadershipListener {
  const providers = discovery.getProviders();
  for (const { instance: watcher, host } of providers) {
    if (!isReadinessWatcher(watcher)) continue;
    const siblings = providers.filter((other) => other.host === host);
    const emitter = siblings.map(({ instance }): unknown => instance).find(isEmitter);
    if (emitter === undefined) continue;
    // EventEmitterModule subscribes the app's listeners in `onApplicationBootstrap`, before or after ours.
    const ready = watcher.waitUntilReady();
    const emit = (name: keyof LeadershipListener) => async (event: object) => {
      await ready;
      try {
        emitter.emit(`cluster-leader.${name}`, event);
      } catch (error) {
        // A listener must not end the process, which a rejection does if the event is that of a term before bootstrap.
        logger.error(`A listener of cluster-leader.${name} failed: ${String(error)}`);
      }
    };
    return {
      elected: emit('elected'),
      demoted: emit('demoted'),
      standing: emit('standing'),
      skipped: emit('skipped'),
      interrupted: emit('interrupted'),
    };
  }
  const rule =
    'false in an app without EventEmitterModule: import EventEmitterModule.forRoot() of @nestjs/event-emitter';
  throw invalidOption('eventEmitter', true, rule);
}

function isReadinessWatcher(value: unknown): value is EventEmitterReadinessWatcher {
  return missingMethods(value, ['waitUntilReady', 'setReady']).length === 0;
}

function isEmitter(value: unknown): value is EventEmitter2 {
  return missingMethods(value, ['emit', 'onAny']).length === 0;
}
