/** Returns the value of this name that all copies of this package in the process share; the first copy makes it. */
export function processWide<T extends object>(name: string, make: () => T): T {
  const key = Symbol.for(`@cluster-leader/core:${name}`);
  const known: T | undefined = Reflect.get(globalThis, key);
  if (known !== undefined) return known;
  const made = make();
  Object.defineProperty(globalThis, key, { value: made });
  return made;
}
