import assert from 'node:assert/strict';
import { once } from 'node:events';
import { currentTerm } from '@cluster-leader/core';
import { EveryReplica, LeaderInterval, OnDemoted } from '@cluster-leader/nestjs';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval } from '@nestjs/schedule';
import { Feature, PLACES, rootOf, type Wiring } from '../support/boot.ts';
import type { Case } from '../support/case.ts';
import { Recorder } from '../support/recorder.ts';
import { MS } from '../support/times.ts';

/** The ways to shut down an app. The test survives this signal. */
type Way = 'close()' | 'a signal' | 'a signal of its own list';
const SIGNAL = 'SIGUSR2';

/** The app has a database in every kind of module: in the root, in a child and in a global one. */
async function endsGatedWorkFirst(http: boolean, way: Way, wiring: Wiring): Promise<void> {
  const seen: string[] = [];
  const started = Promise.withResolvers<void>();
  let isStopping = false;
  let startedLate = 0;
  let ticks = 0;

  class Database {
    async onModuleDestroy(): Promise<void> {
      seen.push('database closed');
      // Stays open for three more ticks, in which a gated job could start.
      const { promise: waited, resolve } = Promise.withResolvers<void>();
      const before = ticks;
      const timer = setInterval(() => ticks > before + 2 && resolve(), 1);
      await waited;
      clearInterval(timer);
    }
  }
  class Jobs {
    @LeaderInterval(MS)
    bill(): void {
      if (isStopping) startedLate += 1;
    }
    @LeaderInterval('long', MS)
    async long(): Promise<void> {
      const { signal } = currentTerm();
      started.resolve();
      await assert.rejects(once(new EventTarget(), 'never', { signal }));
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`job ended by ${signal.reason.code}`);
    }
    @OnDemoted()
    down(): void {
      seen.push('demoted');
    }
    @EveryReplica()
    @Interval(MS)
    free(): void {
      ticks += 1;
    }
  }
  @Module({ providers: [Database] })
  class Global {}
  const root = rootOf(new Recorder(), 'always', {
    providers: [Database, Jobs],
    imports: [
      { module: Feature, providers: [Database] },
      { module: Global, global: true },
    ],
    ...wiring,
  });
  const options = { logger: false, abortOnError: false } as const;
  const app: INestApplicationContext = http
    ? await NestFactory.create(root, options).then(async (server) => {
        await server.listen(0, '127.0.0.1');
        return server;
      })
    : await NestFactory.createApplicationContext(root, options);
  await started.promise;
  isStopping = true;
  if (way === 'close()') await app.close();
  else await shutDownBySignal(app, way === 'a signal' ? undefined : [SIGNAL]);
  // `long` has one run for each tick so far: all of them must end before the first database closes.
  const ended = seen.filter((event) => event === 'job ended by ERR_NOT_LEADER');
  assert.deepEqual(seen, ['demoted', ...ended, ...Array.from({ length: 3 }, () => 'database closed')]);
  assert.ok(ended.length > 0);
  assert.equal(startedLate, 0);
}

/**
 * When the shutdown is done, Nest sends the signal to its process again, which ends it unless there is another
 * listener.
 */
async function shutDownBySignal(app: INestApplicationContext, signals: string[] | undefined): Promise<void> {
  const survived = Promise.withResolvers<void>();
  let count = 0;
  const survive = (): void => {
    count += 1;
    if (count === 2) survived.resolve();
  };
  process.on(SIGNAL, survive);
  try {
    app.enableShutdownHooks(signals);
    process.kill(process.pid, SIGNAL);
    await survived.promise;
  } finally {
    process.off(SIGNAL, survive);
  }
}

const KINDS = [
  { kind: 'a context', http: false },
  { kind: 'a server', http: true },
] as const;

export const stopFirst: readonly Case[] = [
  ...KINDS.flatMap(({ kind, http }) =>
    (['close()', 'a signal', 'a signal of its own list'] as const).map((way) => ({
      title: `stops gated work before any database closes (${kind}, ${way})`,
      run: () => endsGatedWorkFirst(http, way, {}),
    })),
  ),
  ...PLACES.map((place) => ({
    title: `stops gated work before any database closes, whatever the import order (${place})`,
    run: () => endsGatedWorkFirst(false, 'close()', { place }),
  })),
  {
    title: 'stops gated work before any database closes (gate all)',
    run: () => endsGatedWorkFirst(false, 'close()', { options: { gate: 'all' } }),
  },
];
