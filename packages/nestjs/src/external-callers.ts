import { ClusterLeaderError } from '@cluster-leader/core';
import type { Handler } from './handlers.ts';
import { markOf } from './metadata.ts';

/**
 * The metadata by which packages of Nest know the methods that something else than time calls.
 *
 * Their callers take a skipped run for a finished one: a queue removes the job, a client gets an empty answer.
 */
const CALLED_BY: ReadonlyMap<string, string> = new Map([
  ['microservices:pattern', 'a message'],
  ['websockets:message_mapping', 'a message'],
  ['graphql:resolver_type', 'a GraphQL request'],
  ['bull:module_queue_process', "a queue's job"],
  ['bullmq:worker_events_metadata', "an event of a queue's worker"],
]);

/** Throws ERR_MISWIRED if a method is gated that a message, a queue's job or a request calls. */
export function refuseExternalCallers(handlers: readonly Handler[]): void {
  for (const { instance, key, method, name } of handlers) {
    const caller = markOf(instance, key, 'gated') && callerOf(instance, key, method);
    if (!caller) continue;
    const trouble = `${name} runs on the leader alone, but ${caller} calls it, and would be lost on any other replica`;
    const fix = 'Handle it on every replica, and gate only a method that @Cron, @Interval or @Timeout calls.';
    throw new ClusterLeaderError('ERR_MISWIRED', `${trouble}. ${fix}`);
  }
}

function callerOf(instance: object, key: string, method: object): string | undefined {
  const has = (metadata: string): boolean => Reflect.hasMetadata(metadata, method);
  // Both together, since apps use such plain words for metadata of their own.
  if (has('path') && has('method')) return 'an HTTP request';
  // BullMQ knows a processor by its class, and calls `process`.
  if (key === 'process' && Reflect.hasMetadata('bullmq:processor_metadata', instance.constructor)) {
    return "a queue's job";
  }
  for (const [metadata, caller] of CALLED_BY) if (has(metadata)) return caller;
  return undefined;
}
