import { inspect } from 'node:util';
import { ClusterLeaderError } from '@cluster-leader/core';

/**
 * Makes the ERR_INVALID_OPTION error for an object. It shows nothing of its depth: a backend holds a password.
 */
export function refusal(option: string, value: unknown, rule: string): ClusterLeaderError {
  const shown = inspect(value, { depth: 0 });
  return new ClusterLeaderError('ERR_INVALID_OPTION', `${option} is ${shown}, but it must be ${rule}.`);
}

/** The first of `methods` that `value` lacks. */
export function missingMethod(value: unknown, methods: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return methods[0];
  return methods.find((method) => typeof Reflect.get(value, method) !== 'function');
}

/** Reports what no caller can catch, the way core's default logger does. */
export function warn(message: string): void {
  process.emitWarning(message, 'ClusterLeaderWarning');
}
