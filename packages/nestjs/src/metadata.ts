// oxlint-disable-next-line import/no-unassigned-import -- it adds to the global Reflect
import 'reflect-metadata';
import { ClusterLeaderError } from '@cluster-leader/core';

/** Any method, as far as a gate cares. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What decorators say about a method. */
interface Marks {
  /** It runs on the leader alone; the value is the copy of this package that gates it. */
  readonly gated: object;
  /** It runs on every replica, even if everything else is gated. */
  readonly everyReplica: true;
  /** The events of the leader at which it is called. */
  readonly events: readonly ('elected' | 'demoted')[];
}

/** Identifies this copy of the package: a gate and the module that opens it must come from the same one. */
export const THIS_COPY: object = {};

/**
 * Marks the method `key` of a prototype, a class or an instance.
 *
 * The mark belongs to the key, not to the function, so that it survives decorators that put another function in its place.
 */
export function mark<Name extends keyof Marks>(target: object, key: string, name: Name, value: Marks[Name]): void {
  Reflect.defineMetadata(metadataKey(name), value, target, key);
}

/** Removes a mark that `target` itself has. */
export function unmark(target: object, key: string, name: keyof Marks): void {
  Reflect.deleteMetadata(metadataKey(name), target, key);
}

/** The mark that `target` itself has on `key`, not one that it inherits. */
export function ownMarkOf<Name extends keyof Marks>(target: object, key: string, name: Name): Marks[Name] | undefined {
  const value: Marks[Name] | undefined = Reflect.getOwnMetadata(metadataKey(name), target, key);
  return value;
}

/** The mark of the method that `instance` has at `key`; an override does not inherit the marks of what it overrides. */
export function markOf<Name extends keyof Marks>(instance: object, key: string, name: Name): Marks[Name] | undefined {
  const owner = ownerOf(instance, key);
  return ownMarkOf(instance, key, name) ?? (owner && ownMarkOf(owner, key, name));
}

/** The copy that gates `key`, directly or in a method which `instance` overrides and may call. */
export function copyThatGates(instance: object, key: string): object | undefined {
  const copy: object | undefined = Reflect.getMetadata(metadataKey('gated'), instance, key);
  return copy;
}

/** Whether the class that defines `key` has put no gate on it, though a class that it extends has. */
export function hasLostGate(instance: object, key: string): boolean {
  const owner = ownerOf(instance, key);
  return owner !== undefined && copyThatGates(owner, key) !== undefined && !ownMarkOf(owner, key, 'gated');
}

/** The prototype that defines `key`. What an instance has of its own is a replacement of that. */
function ownerOf(instance: object, key: string): object | undefined {
  let owner = Reflect.getPrototypeOf(instance);
  while (owner !== null && !Object.hasOwn(owner, key)) owner = Reflect.getPrototypeOf(owner);
  return owner ?? undefined;
}

function metadataKey(name: keyof Marks): string {
  return `cluster-leader:${name}`;
}

/** Makes `wrapper` look like `method` to Nest: its name and all metadata that other decorators have put on it so far. */
export function dress(wrapper: Method, method: Method): Method {
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  return wrapper;
}

/** Throws ERR_MISWIRED, when the class is defined, if a decorator does not stand on a method that Nest can see. */
export function requireMethod(
  decorator: string,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): asserts key is string {
  const where = `${decorator} stands on ${String(key)}, which`;
  if (!isMethod(descriptor?.value)) {
    throw new ClusterLeaderError('ERR_MISWIRED', `${where} is not a method. Make it one, or gate it by leader.gate().`);
  }
  // Nest lists methods by their names, so it would never call this one.
  if (typeof key === 'symbol') {
    throw new ClusterLeaderError('ERR_MISWIRED', `${where} is a symbol. Give the method a name that is a string.`);
  }
}

/** Whether `value` can be called. */
export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
