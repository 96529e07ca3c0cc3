import { Module, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

/** Below every distance that Nest itself gives to a module, which is from 0 up. */
const NEAREST = -1;

/** Stops what is registered with it before any other module of the app is destroyed. */
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
 * Nest destroys modules one after the other in the order of their distance from the root: a global one comes last, when
 * others have closed their databases. So this is a module of its own, which places itself before all others.
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
