import { applyDecorators, type Type } from '@nestjs/common';

/** The period of intervals, as short as it can usefully be. */
export const MS = 5;

/** Makes classes with a single method, `job`, under these decorators, listed from top to bottom. */
export function jobsWith(...decorators: readonly MethodDecorator[]): (work: () => unknown) => Type {
  return (work) => {
    class Jobs {
      @applyDecorators(...decorators.toReversed())
      job(): unknown {
        return work();
      }
    }
    return Jobs;
  };
}

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
