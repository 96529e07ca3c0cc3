import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs `work` in the async context in which this module was loaded (rule 11).
 *
 * Requests, timers, listeners and the logger belong to the module. In the context of the first caller they would keep its
 * request alive and appear in its trace.
 */
export const inModuleContext: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();
