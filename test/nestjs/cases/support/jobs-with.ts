import { applyDecorators, type Type } from '@nestjs/common';

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
