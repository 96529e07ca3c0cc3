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

/** Reads what a method, or whatever stands in its place, says about itself. */
export function markOf<Name extends keyof Marks>(method: unknown, name: Name): Marks[Name] | undefined {
  if (typeof method !== 'function') return undefined;
  const value: Marks[Name] | undefined = Reflect.getOwnMetadata(`cluster-leader:${name}`, method);
  return value;
}

/** Makes `wrapper` look like `method` to Nest: its name and all that decorators have said about it so far. */
export function dress(wrapper: Method, method: Method): Method {
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  return wrapper;
}

/** The method of a decorator's target; throws ERR_MISWIRED where there is none, which is when the class is defined. */
export function methodOf(decorator: string, key: string | symbol, descriptor: PropertyDescriptor | undefined): Method {
  const method: unknown = descriptor?.value;
  if (isMethod(method)) return method;
  const message = `${decorator} stands on ${String(key)}, which is not a method. Make it one, or gate it by leader.gate().`;
  throw new ClusterLeaderError('ERR_MISWIRED', message);
}

/** Whether `value` can be called. */
export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
