// oxlint-disable-next-line import/no-unassigned-import -- it adds to the global Reflect
import 'reflect-metadata';
import { ClusterLeaderError } from '@cluster-leader/core';

/** Any method, as far as a gate cares. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What a method says about itself. Metadata, unlike a map of functions, survives other decorators that wrap and copy. */
interface Marks {
  /** It runs on the leader alone. */
  readonly gated: true;
  /** It runs on every replica, also where everything else is gated. */
  readonly everyReplica: true;
  /** The events of the leader at which it is called. */
  readonly events: readonly ('elected' | 'demoted')[];
}

/** Says something about a method. */
export function mark<Name extends keyof Marks>(method: object, name: Name, value: Marks[Name]): void {
  Reflect.defineMetadata(`cluster-leader:${name}`, value, method);
}

/** Reads what a method, or whatever stands in its place, says about itself; wrappers may inherit it, as Nest allows. */
export function markOf<Name extends keyof Marks>(method: unknown, name: Name): Marks[Name] | undefined {
  if (typeof method !== 'function') return undefined;
  const value: Marks[Name] | undefined = Reflect.getMetadata(`cluster-leader:${name}`, method);
  return value;
}

const GATE = 'cluster-leader:gate';

/** Remembers that a class, or an instance, has a gate on its `key`, whatever other decorators put above it. */
export function setGate(target: object, key: string | symbol): void {
  Reflect.defineMetadata(GATE, true, target, key);
}

/** Whether `instance` has a gate on `key`: on its own method, or on one that this overrides and may call. */
export function hasGate(instance: object, key: string): boolean {
  return Reflect.hasMetadata(GATE, instance, key);
}

/** Whether the class that made `key` what it is has put no gate on it, though one that it overrides has. */
export function hasLostGate(instance: object, key: string): boolean {
  let owner = Reflect.getPrototypeOf(instance);
  while (owner !== null && !Object.hasOwn(owner, key)) owner = Reflect.getPrototypeOf(owner);
  return owner !== null && hasGate(owner, key) && !Reflect.hasOwnMetadata(GATE, owner, key);
}

/** Makes `wrapper` look like `method` to Nest: its name and all that decorators have said about it so far. */
export function dress(wrapper: Method, method: Method): Method {
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  return wrapper;
}

/** The method of a decorator's target; throws ERR_MISWIRED where there is none, which is when the class is defined. */
export function methodOf(decorator: string, key: string | symbol, descriptor: PropertyDescriptor | undefined): Method {
  const method: unknown = descriptor?.value;
  const where = `${decorator} stands on ${String(key)}, which`;
  if (!isMethod(method)) {
    throw new ClusterLeaderError('ERR_MISWIRED', `${where} is not a method. Make it one, or gate it by leader.gate().`);
  }
  // Nest lists methods by their names, so that nothing would ever come of it.
  if (typeof key === 'symbol') {
    throw new ClusterLeaderError('ERR_MISWIRED', `${where} is a symbol. Give the method a name that is a string.`);
  }
  return method;
}

/** Whether `value` can be called. */
export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
