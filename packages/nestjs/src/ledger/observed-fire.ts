import { isMethod } from '../handlers/method.ts';
import type { CronJob } from '../schedule/held-cron-jobs.ts';

/**
 * Returns a function that calls the callbacks of a cron job as cron does, resolves once they have ended, and rejects with
 * their first error; undefined if this version of cron is not known.
 *
 * Cron swallows the errors, and awaits the callbacks only under `waitForCompletion`, so that it cannot tell what a run
 * came to. Its method runs on a proxy here, for which both are different. It is that of the class, because schedule gives
 * the instance one that is bound to the job.
 */
export function observedFire(job: CronJob): (() => Promise<void>) | undefined {
  const fireOnTick: unknown = Reflect.get(Object(Reflect.getPrototypeOf(job)), 'fireOnTick');
  if (!isMethod(fireOnTick) || typeof job.waitForCompletion !== 'boolean') return undefined;
  return async () => {
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
  };
}
