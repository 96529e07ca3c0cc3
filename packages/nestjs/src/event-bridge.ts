import { ClusterLeaderError, type LeadershipEvents } from '@cluster-leader/core';
import type { DiscoveryService } from '@nestjs/core';

/** Hands an event on: `cluster-leader.<name>`, once all listeners of the app have been subscribed. */
export type EmitEvent = (name: keyof LeadershipEvents, event: object) => Promise<unknown>;

/** Finds the app's emitter; throws ERR_INVALID_OPTION where there is none. */
export async function eventEmitterOf(discovery: DiscoveryService): Promise<EmitEvent> {
  const { EventEmitter2, EventEmitterReadinessWatcher } = await import('@nestjs/event-emitter').catch(
    (cause: unknown) => {
      throw missing('Install @nestjs/event-emitter', cause);
    },
  );
  const find = <T>(type: abstract new (...args: never[]) => T): T | undefined => {
    const instance: unknown = discovery.getProviders().find(({ token }) => token === type)?.instance;
    return instance instanceof type ? instance : undefined;
  };
  const emitter = find(EventEmitter2);
  // Listeners are subscribed in `onApplicationBootstrap`, before or after ours; what comes earlier waits.
  const ready = find(EventEmitterReadinessWatcher)?.waitUntilReady();
  if (emitter === undefined || ready === undefined) throw missing('Import EventEmitterModule.forRoot()');
  return async (name, event) => {
    await ready;
    return emitter.emit(`cluster-leader.${name}`, event);
  };
}

function missing(fix: string, cause?: unknown): ClusterLeaderError {
  const message = `eventEmitter is true, but it must be false in an app without EventEmitterModule. ${fix}, or leave it.`;
  return new ClusterLeaderError('ERR_INVALID_OPTION', message, { cause });
}
