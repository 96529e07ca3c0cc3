import { inspect } from 'node:util';
import { ClusterLeaderError } from '@cluster-leader/core';

/** What a timer can hold; above it Node.js fires at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** Makes the error for what cannot work: it names the option, its value and the rule. */
export function refusal(option: string, value: unknown, rule: string): ClusterLeaderError {
  const shown = inspect(value, { depth: 0 });
  return new ClusterLeaderError('ERR_INVALID_OPTION', `${option} is ${shown}, but it must be ${rule}.`);
}

/** Throws where `options` is no object, or holds what is no option. */
export function requireOptions(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw refusal(what, options, 'an object');
  const stranger = Object.entries(options).find(([name]) => !names.includes(name));
  if (stranger !== undefined) throw refusal(...stranger, `one of the ${what}: ${names.join(', ')}`);
}

/** The first of `methods` that `value` lacks. */
export function missingMethod(value: unknown, methods: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return methods[0];
  return methods.find((method) => typeof Reflect.get(value, method) !== 'function');
}

/** Says what nobody is there to catch, the way core's default logger does. */
export function warn(message: string): void {
  process.emitWarning(message, 'ClusterLeaderWarning');
}
