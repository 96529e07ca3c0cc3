/** The errors with which runs have ended because they lost the leadership, or were shut down. */
const losses = new WeakSet<object>();

export function rememberLoss(error: unknown): void {
  if (typeof error === 'object' && error !== null) losses.add(error);
}

/**
 * Keeps a loss from being an unhandled rejection in `run`, and in what `then`, `catch` and `finally` derive from it:
 * `void task.execute()` must not end the process because the pod lost the lead.
 *
 * Callers that handle or await the rejection receive it, and every other error stays an unhandled one.
 */
export function harmlessOnLoss<T>(run: Promise<T>): Promise<T> {
  const markHandled = (error: unknown): void => {
    if (typeof error === 'object' && error !== null && losses.has(error)) void then(undefined, () => {});
  };
  run.then(undefined, markHandled); // runs before `harmless` rejects, since it is registered first
  const harmless = run.then((value) => value);
  const then = harmless.then.bind(harmless);
  const derive: typeof then = (...handlers) => harmlessOnLoss(then(...handlers));
  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise already
  return Object.defineProperty(harmless, 'then', { value: derive });
}
