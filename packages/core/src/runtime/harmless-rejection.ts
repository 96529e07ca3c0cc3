/**
 * Keeps a rejection from becoming an unhandled one if `isHarmless` is true of its error, even in promises that `then`,
 * `catch` and `finally` derive from the returned one.
 *
 * Callers that handle or await the rejection still receive it. Every other error that nothing handles stays unhandled.
 */
export function harmlessWhen<T>(promise: Promise<T>, isHarmless: (error: unknown) => boolean): Promise<T> {
  const markHandled = (error: unknown): void => {
    if (isHarmless(error)) void then(undefined, () => {});
  };
  promise.then(undefined, markHandled); // runs before `harmless` rejects, since it is registered first
  const harmless = promise.then((value) => value);
  const then = harmless.then.bind(harmless);
  const derive: typeof then = (...handlers) => harmlessWhen(then(...handlers), isHarmless);
  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise already
  return Object.defineProperty(harmless, 'then', { value: derive });
}
