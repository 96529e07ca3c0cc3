import { Module, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

/** Less than any distance that Nest gives to a module: they start at 0. */
const NEAREST = -1;

/** Calls the registered functions before any other module of the app is destroyed. */
export class StopFirst implements OnModuleDestroy {
  readonly #stops: (() => Promise<void>)[] = [];

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
  }
}

/**
 * Provides `StopFirst` from a module that is destroyed before all others.
 *
 * Nest destroys modules in the order of their distance from the root, and a global module last, after the others have
 * closed their databases. Hence a separate module, which changes its own distance.
 */
@Module({
  providers: [
    {
      provide: StopFirst,
      useFactory(modules: ModulesContainer) {
        for (const module of modules.values()) if (module.metatype === StopFirstModule) module.distance = NEAREST;
        return new StopFirst();
      },
      inject: [ModulesContainer],
    },
  ],
  exports: [StopFirst],
})
export class StopFirstModule {}
