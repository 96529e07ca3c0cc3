import type { ClusterLeaderError } from '@cluster-leader/core';
import { miswired } from '../miswired.ts';
import type { Use } from './schedule-internals.ts';

/** Restores what `replace()` replaced, unless other code has replaced it since. */
export type PutBack = () => void;

/**
 * Gives `target` an own property, and returns the function that restores the former one; undefined if `target` is
 * frozen.
 */
export function replace(target: object, key: string, value: unknown): PutBack | undefined {
  const before = Reflect.getOwnPropertyDescriptor(target, key);
  if (!Reflect.defineProperty(target, key, { value, configurable: true, writable: true })) return undefined;
  return () => {
    if (Reflect.getOwnPropertyDescriptor(target, key)?.value !== value) return;
    if (before === undefined) Reflect.deleteProperty(target, key);
    else Reflect.defineProperty(target, key, before);
  };
}

/** Makes the error for something that cannot be gated because `replace()` returned undefined. */
export function frozen(problem: string, { because, otherwise }: Use): ClusterLeaderError {
  return miswired(`${because}, but ${problem}`, `Do not freeze it, or ${otherwise}.`);
}
