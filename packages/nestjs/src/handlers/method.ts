// oxlint-disable-next-line import/no-unassigned-import -- it adds to the global Reflect
import 'reflect-metadata';
import { miswired } from '../miswired.ts';

/** A method of any class. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Returns whether `value` can be called. */
export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

/** Returns those of `names` that are not methods of `value`. */
export function missingMethods(value: unknown, names: readonly string[]): string[] {
  return names.filter((name) => !isMethod(Reflect.get(Object(value), name)));
}

/**
 * Throws ERR_MISWIRED, when the class is defined, if `decorator` is used on anything but a method that Nest can find.
 */
export function requireMethod(
  decorator: string,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): asserts key is string {
  const used = `${decorator} is used on ${String(key)}, which`;
  if (!isMethod(descriptor?.value)) {
    throw miswired(`${used} is not a method`, 'Make it a method, or gate a function with leader.gate().');
  }
  // Nest finds methods by their string names only, so it would never call this one.
  if (typeof key === 'symbol') throw miswired(`${used} is a symbol`, 'Give the method a string as its name.');
}

/** Returns the default name of a method, `Class.method`. For people only: a minifier may have renamed the class. */
export function nameOf(instance: unknown, key: string): string {
  const isInstance = typeof instance === 'object' && instance !== null;
  const owner: unknown = isInstance ? Reflect.get(instance, 'constructor') : instance;
  return `${typeof owner === 'function' ? owner.name : 'an object'}.${key}`;
}

/**
 * Gives `wrapper` the name of `method` and all metadata that other decorators have put on it, so that Nest treats both
 * alike.
 */
export function disguise(wrapper: Method, method: Method): Method {
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  return wrapper;
}
