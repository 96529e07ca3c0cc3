import { LeaderInterval, LeaderOnly } from '@cluster-leader/nestjs';
import { Controller, Get, SetMetadata, Sse } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { boot, type Wiring } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';
import { refusesToBoot } from '../support/refuses-to-boot.ts';
import { MS } from '../support/times.ts';

/** Decorators and metadata of methods that no timer calls. The packages behind the metadata need not be installed. */
const CALLERS: readonly { readonly title: string; readonly caller: string; readonly decorate: MethodDecorator }[] = [
  { title: '@Get', caller: 'an HTTP request', decorate: Get() },
  { title: '@Sse', caller: 'an HTTP request', decorate: Sse() },
  ...(
    [
      ['@MessagePattern and @EventPattern', 'a message', 'microservices:pattern'],
      ['@SubscribeMessage', 'a message', 'websockets:message_mapping'],
      ['@Query and @Mutation', 'a GraphQL request', 'graphql:resolver_type'],
      ["@Process of Bull's", "a queue's job", 'bull:module_queue_process'],
      ['@OnWorkerEvent', "an event of a queue's worker", 'bullmq:worker_events_metadata'],
    ] as const
  ).map(([title, caller, key]) => ({ title, caller, decorate: SetMetadata(key, 'any') })),
];

function handledBy(decorate: MethodDecorator, order: 'above' | 'below' | 'all'): Wiring {
  class Above {
    @LeaderOnly()
    @decorate
    handle(): void {}
  }
  class Below {
    @decorate
    @LeaderOnly()
    handle(): void {}
  }
  class Scheduled {
    @decorate
    @Interval(MS)
    handle(): void {}
  }
  const Handlers = { above: Above, below: Below, all: Scheduled }[order];
  return { providers: [Handlers], options: { gate: order === 'all' ? 'all' : 'decorated' } };
}

/** BullMQ marks the class of a processor, not its method. */
function processor(): Wiring {
  @SetMetadata('bullmq:processor_metadata', { name: 'mail' })
  class Mail {
    @LeaderOnly()
    async process(): Promise<void> {}
  }
  return { providers: [Mail] };
}

async function bootsBesideHandlers(): Promise<void> {
  const recorder = new Recorder();
  @Controller()
  @SetMetadata('bullmq:processor_metadata', { name: 'mail' })
  class Mail {
    @Get()
    async process(): Promise<void> {}
    @LeaderInterval(MS)
    @SetMetadata('method', 'metadata of the app')
    sweep(): void {
      recorder.work();
    }
  }
  const app = await boot(recorder, 'always', { controllers: [Mail] });
  await recorder.until(({ runs }) => runs.length > 1);
  await app.close();
}

export const externalCallers: readonly Case[] = [
  ...CALLERS.flatMap(({ title, caller, decorate }) =>
    (['above', 'below', 'all'] as const).map((order) => ({
      title: `refuses to boot if it gates a method that ${caller} calls (${title}, ${order})`,
      run: () =>
        refusesToBoot(
          handledBy(decorate, order),
          new RegExp(`^\\w+\\.handle runs on the leader only, but ${caller} calls it, .* Handle it on every replica`),
        ),
    })),
  ),
  {
    title: "refuses to boot if it gates a queue's processor (BullMQ)",
    run: () => refusesToBoot(processor(), /^Mail\.process runs on the leader only, but a queue's job calls it/),
  },
  { title: 'gates a scheduled method in the same class as handlers of requests and jobs', run: bootsBesideHandlers },
];
