import assert from 'node:assert/strict';
import { EveryReplica, LeaderInterval, LeaderOnly, LeaderTimeout, OnDemoted, OnElected } from '@cluster-leader/nestjs';
import { Controller } from '@nestjs/common';
import type { Case } from '../support/case.ts';
import { MS } from '../support/times.ts';

async function refusesContradictions(): Promise<void> {
  const code = 'ERR_MISWIRED';
  assert.throws(
    () => {
      class Jobs {
        @LeaderOnly()
        @EveryReplica()
        job(): void {}
      }
      return Jobs;
    },
    { code, message: /^Jobs\.job is both @LeaderOnly and @EveryReplica/ },
  );
  assert.throws(
    () => {
      @Controller()
      class Jobs {
        @EveryReplica()
        @LeaderOnly()
        job(): void {}
      }
      return Jobs;
    },
    { code },
  );
  assert.throws(
    () => {
      class Jobs {
        @LeaderOnly()
        @LeaderInterval(MS)
        job(): void {}
      }
      return Jobs;
    },
    { code, message: /twice/ },
  );
}

async function refusesSymbolsAndAccessors(): Promise<void> {
  const key = Symbol('job');
  const decorators = { LeaderOnly, EveryReplica, OnElected, OnDemoted };
  for (const [name, decorate] of Object.entries(decorators)) {
    assert.throws(() => decorate()({}, key, { value(): void {} }), {
      code: 'ERR_MISWIRED',
      message: `@${name}() is used on Symbol(job), which is a symbol. Give the method a string as its name. See docs/errors/ERR_MISWIRED.md`,
    });
    assert.throws(() => decorate()({}, 'job', { get: () => () => {} }), {
      code: 'ERR_MISWIRED',
      message: `@${name}() is used on job, which is not a method. Make it a method, or gate a function with leader.gate(). See docs/errors/ERR_MISWIRED.md`,
    });
  }
}

async function refusesInvalidOptions(): Promise<void> {
  for (const [options, message] of [
    [{ onskip() {} }, /^onskip is .*, but it must be one of the options:? name, onSkip/],
    [{ onSkip: 'log' }, /^onSkip is 'log', but it must be a function/],
    [{ name: 5 }, /^name is 5, but it must be a string/],
    ['nightly', /^options is 'nightly', but it must be an object/],
  ] as const) {
    const decorate = (): unknown => Reflect.apply(LeaderOnly, undefined, [options]);
    assert.throws(decorate, { code: 'ERR_INVALID_OPTION', message });
  }
}

async function refusesInvalidPeriods(): Promise<void> {
  for (const [make, timer] of Object.entries({ LeaderInterval, LeaderTimeout })) {
    for (const args of [[], ['name'], ['name', '5'], [5, 5]]) {
      assert.throws(
        () => Reflect.apply(timer, undefined, args),
        { code: 'ERR_INVALID_OPTION', message: /^timeoutMs is / },
        make,
      );
    }
  }
}

export const invalidDecorators: readonly Case[] = [
  { title: 'refuses contradictory decorators when the class is defined', run: refusesContradictions },
  { title: 'refuses decorators on symbols and accessors when the class is defined', run: refusesSymbolsAndAccessors },
  { title: 'refuses unknown and invalid options when the class is defined', run: refusesInvalidOptions },
  { title: 'refuses periods that are not numbers when the class is defined', run: refusesInvalidPeriods },
];
