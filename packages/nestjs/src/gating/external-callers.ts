import type { Handler } from '../handlers/handlers.ts';
import { markOf } from '../handlers/marks.ts';
import { miswired } from '../miswired.ts';

/**
 * The metadata by which Nest's packages recognise methods that they call for a message, a job or a request.
 *
 * These callers take a skipped run for a finished one: a queue removes the job, a client gets an empty response.
 */
const CALLED_BY: ReadonlyMap<string, string> = new Map([
  ['microservices:pattern', 'a message'],
  ['websockets:message_mapping', 'a message'],
  ['graphql:resolver_type', 'a GraphQL request'],
  ['bull:module_queue_process', "a queue's job"],
  ['bullmq:worker_events_metadata', "an event of a queue's worker"],
]);

/** Throws ERR_MISWIRED if a gated method is called for a message, a queue's job or a request. */
export function refuseExternalCallers(handlers: readonly Handler[]): void {
  for (const { instance, key, method, name } of handlers) {
    const caller = markOf(instance, key, 'gated') && callerOf(instance, key, method);
    if (!caller) continue;
    const problem = `${name} runs on the leader only, but ${caller} calls it, and would be lost on every other replica`;
    throw miswired(
      problem,
      'Handle it on every replica, and gate only methods that @Cron, @Interval or @Timeout calls.',
    );
  }
}

function callerOf(instance: object, key: string, method: object): string | undefined {
  const has = (metadata: string): boolean => Reflect.hasMetadata(metadata, method);
  // Only both together: apps use these common words as keys of their own metadata too.
  if (has('path') && has('method')) return 'an HTTP request';
  // BullMQ marks the class, not the method, and calls `process`.
  if (key === 'process' && Reflect.hasMetadata('bullmq:processor_metadata', instance.constructor)) {
    return "a queue's job";
  }
  for (const [metadata, caller] of CALLED_BY) if (has(metadata)) return caller;
  return undefined;
}
