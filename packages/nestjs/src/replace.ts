/** Puts back what `replace()` replaced, unless it has been replaced again since. */
export type PutBack = () => void;

/** Gives `target` a property of its own, and returns what puts the former one back; undefined if `target` is frozen. */
export function replace(target: object, key: string, value: unknown): PutBack | undefined {
  const before = Reflect.getOwnPropertyDescriptor(target, key);
  if (!Reflect.defineProperty(target, key, { value, configurable: true, writable: true })) return undefined;
  return () => {
    if (Reflect.getOwnPropertyDescriptor(target, key)?.value !== value) return;
    if (before === undefined) Reflect.deleteProperty(target, key);
    else Reflect.defineProperty(target, key, before);
  };
}
