import { Controller, Injectable, Scope, type Type } from '@nestjs/common';
import { Feature } from '../support/boot.ts';
import type { GatedApp } from './gated-app.ts';

/** The same job in every kind of instance that Nest supports. */
export function instances(jobs: (work: () => void) => Type): readonly GatedApp[] {
  return [
    { title: 'a provider', make: (work) => ({ providers: [jobs(work)] }) },
    { title: 'a controller', make: (work) => ({ controllers: [Controller()(jobs(work)) ?? jobs(work)] }) },
    {
      title: 'an instance from a factory',
      make(work) {
        const Jobs = jobs(work);
        return { providers: [{ provide: 'jobs', useFactory: () => new Jobs() }] };
      },
    },
    {
      title: 'an instance from an asynchronous factory',
      make(work) {
        const Jobs = jobs(work);
        return { providers: [{ provide: 'jobs', useFactory: async () => new Jobs() }] };
      },
    },
    {
      title: 'an instance provided as a value',
      make(work) {
        const Jobs = jobs(work);
        return { providers: [{ provide: 'jobs', useValue: new Jobs() }] };
      },
    },
    {
      title: 'a transient provider',
      make(work) {
        const Jobs = jobs(work);
        Injectable({ scope: Scope.TRANSIENT })(Jobs);
        return { providers: [Jobs] };
      },
    },
    {
      title: 'a provider of a child module',
      make: (work) => ({ imports: [{ module: Feature, providers: [jobs(work)] }] }),
    },
    {
      title: 'a class that inherits the handler',
      make(work) {
        class Derived extends jobs(work) {}
        return { providers: [Derived] };
      },
    },
  ];
}
