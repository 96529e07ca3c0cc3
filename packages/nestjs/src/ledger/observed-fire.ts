import type { CronJob } from '../schedule/held-cron-jobs.ts';

/**
 * Calls the callbacks of a cron job as its own `fireOnTick` does; resolves once they have, and rejects with their first
 * error.
 *
 * Cron swallows the errors, and awaits the callbacks only under `waitForCompletion`, so that it cannot tell what a run
 * came to. Its method runs on a proxy here for which both are different.
 */
export async function observedFire(job: CronJob, fireOnTick: () => unknown): Promise<void> {
  const errors: unknown[] = [];
  const observed = new Proxy(job, {
    get(target, key): unknown {
      if (key === 'waitForCompletion') return true;
      if (key === 'errorHandler') return (error: unknown) => errors.push(error);
      return Reflect.get(target, key);
    },
    // Only a job with waitForCompletion records that a callback is running: on others a second run would be dropped.
    set: (target, key, value) => !target.waitForCompletion || Reflect.set(target, key, value),
  });
  await fireOnTick.call(observed);
  if (errors.length > 0) throw errors[0];
}
