import { wrapping } from '../support/jobs-with.ts';

export const EVERY_SECOND = '* * * * * *';

/** What the decorators of other packages do with the metadata of the method that they wrap. */
export const METADATA: readonly { readonly title: string; readonly wrap: MethodDecorator }[] = [
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
