import { harmlessWhen } from '@cluster-leader/core/adapter-kit';

/** The errors with which runs have ended because they lost the leadership, or were shut down. */
const losses = new WeakSet<object>();

export function rememberLoss(error: unknown): void {
  if (isObject(error)) losses.add(error);
}

/** Lets `void task.execute()` survive a loss: the rejection that ends the run need not be handled. */
export function harmlessOnLoss<T>(run: Promise<T>): Promise<T> {
  return harmlessWhen(run, (error) => isObject(error) && losses.has(error));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
