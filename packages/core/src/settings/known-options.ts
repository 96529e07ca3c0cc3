import { invalidOption } from '../errors.ts';

/**
 * Returns the own properties of `options`: what a polluted `Object.prototype` has must not configure anything.
 *
 * Throws ERR_INVALID_OPTION unless it is a plain object all of whose properties are among `names`.
 */
export function requireKnownOptions<T extends object>(options: T, names: readonly string[]): T {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  if (!isPlain(options)) throw invalidOption('options', options, 'a plain object, since only own properties are read');
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw invalidOption(name, Reflect.get(options, name), `one of the options: ${names.join(', ')}`);
  }
  return ownOptions(options);
}

/** Copies the own properties of `options` only: a polluted `Object.prototype` must not configure anything. */
export function ownOptions<T extends object>(options: T): T {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  return Object.assign(Object.create(null), options);
}

/** Whether nothing stands between the object and the root of its prototypes, which differs between realms. */
function isPlain(options: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(options);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
