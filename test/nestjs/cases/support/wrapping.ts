/** Makes a decorator that replaces the method by a function of its own, as those for tracing and transactions do. */
export function wrapping(copyMetadata: (wrapper: object, method: object) => void = () => {}): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const method: (...args: unknown[]) => unknown = descriptor.value;
    descriptor.value = function wrapper(this: unknown, ...args: unknown[]): unknown {
      return method.apply(this, args);
    };
    copyMetadata(descriptor.value, method);
  };
}

/** Wrappers that pass on the metadata of the method, in the two ways in which packages do it. */
export const WRAPPERS: readonly { readonly title: string; readonly wrap: MethodDecorator }[] = [
  { title: 'inherits metadata', wrap: wrapping((wrapper, method) => Object.setPrototypeOf(wrapper, method)) },
  {
    title: 'copies metadata',
    wrap: wrapping((wrapper, method) => {
      for (const key of Reflect.getOwnMetadataKeys(method)) {
        Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
      }
    }),
  },
];
