// oxlint-disable-next-line import/no-unassigned-import -- it adds to the global Reflect
import 'reflect-metadata';
import type { CatchUpOptions } from '@cluster-leader/ledger';

/** What the decorators of this package record about a method. */
interface Marks {
  /** The method runs on the leader only; the value identifies the copy of this package that gates it. */
  readonly gated: object;
  /** What a ledger does with the missed and interrupted runs of the method. */
  readonly catchUp: CatchUpOptions;
  /** The method runs on every replica, even if everything else is gated. */
  readonly everyReplica: true;
  /** The events of the leader for which the method is called. */
  readonly events: readonly ('elected' | 'demoted')[];
}

/** Identifies this copy of the package: a decorator works only with the module of the same copy. */
export const THIS_COPY: object = {};

/**
 * Marks the method `key` of a prototype, a class or an instance.
 *
 * The mark belongs to the key, not to the function, so that it survives decorators that replace the function.
 */
export function mark<Name extends keyof Marks>(target: object, key: string, name: Name, value: Marks[Name]): void {
  Reflect.defineMetadata(metadataKey(name), value, target, key);
}

/** Removes a mark of `target` itself. */
export function unmark(target: object, key: string, name: keyof Marks): void {
  Reflect.deleteMetadata(metadataKey(name), target, key);
}

/** Returns the mark that `target` itself has on `key`, not an inherited one. */
export function ownMarkOf<Name extends keyof Marks>(target: object, key: string, name: Name): Marks[Name] | undefined {
  const value: Marks[Name] | undefined = Reflect.getOwnMetadata(metadataKey(name), target, key);
  return value;
}

/**
 * Returns the mark of the method that `instance` has at `key`. An override does not inherit the marks of the method it
 * overrides.
 */
export function markOf<Name extends keyof Marks>(instance: object, key: string, name: Name): Marks[Name] | undefined {
  const owner = ownerOf(instance, key);
  return ownMarkOf(instance, key, name) ?? (owner && ownMarkOf(owner, key, name));
}

/** Returns the copy of this package that gates `key`, either itself or in a method that it overrides and may call. */
export function copyThatGates(instance: object, key: string): object | undefined {
  const copy: object | undefined = Reflect.getMetadata(metadataKey('gated'), instance, key);
  return copy;
}

/** Returns whether `key` overrides a gated method without being gated itself. */
export function hasLostGate(instance: object, key: string): boolean {
  const owner = ownerOf(instance, key);
  return owner !== undefined && copyThatGates(owner, key) !== undefined && !ownMarkOf(owner, key, 'gated');
}

/** The prototype that defines `key`. An own property of the instance only replaces that definition. */
function ownerOf(instance: object, key: string): object | undefined {
  let owner = Reflect.getPrototypeOf(instance);
  while (owner !== null && !Object.hasOwn(owner, key)) owner = Reflect.getPrototypeOf(owner);
  return owner ?? undefined;
}

function metadataKey(name: keyof Marks): string {
  return `cluster-leader:${name}`;
}
