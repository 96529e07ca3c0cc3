import assert from 'node:assert/strict';
import { memoryStore, RunLedger } from '@cluster-leader/ledger';
import { LeaderCron, LeaderInterval, LeaderOnly, type GateOptions } from '@cluster-leader/nestjs';
import { Cron, Interval, SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import type { Case } from '../support/case.ts';
import { jobsWith } from '../support/jobs-with.ts';
import { refusesToBoot } from '../support/refuses-to-boot.ts';
import { NEVER } from '../support/times.ts';
import { bootRecorded } from './recorded-app.ts';

interface Refusal {
  readonly title: string;
  readonly decorators: readonly MethodDecorator[];
  readonly options?: { readonly gate?: 'all'; readonly ledger?: undefined };
  readonly message: RegExp;
  readonly code?: string;
}

const NAMELESS = /^the cron job of Jobs\.job has no name, but the ledger knows jobs by their names\. Give @Cron a name/;
const OPTION = 'ERR_INVALID_OPTION';

const REFUSALS: readonly Refusal[] = [
  { title: 'a gated cron job has no name', decorators: [LeaderOnly(), Cron(NEVER)], message: NAMELESS },
  {
    title: 'a name is given to @LeaderOnly alone',
    decorators: [LeaderOnly({ name: 'x' }), Cron(NEVER)],
    message: NAMELESS,
  },
  { title: 'a cron job has no name (all)', decorators: [Cron(NEVER)], options: { gate: 'all' }, message: NAMELESS },
  {
    title: 'an interval has catchUp',
    decorators: [LeaderOnly({ catchUp: 'all' }), Interval(100_000)],
    message: /^catchUp is 'all', but it must be left out on Jobs\.job, which @Cron does not call/,
    code: OPTION,
  },
  {
    title: 'catchUp is misspelt',
    decorators: [LeaderCron(NEVER, { name: 'job', catchUp: JSON.parse('"newest"') })],
    message: /^catchUp is 'newest', but it must be 'none', 'latest' or 'all'/,
    code: OPTION,
  },
  {
    title: 'catchUp is given without a ledger',
    decorators: [LeaderCron(NEVER, { name: 'job', catchUp: 'latest' })],
    options: { ledger: undefined },
    message: /^catchUp is 'latest', but it must be left out on Jobs\.job, or the module needs the option ledger/,
    code: OPTION,
  },
];

async function refuses({ decorators, options, message, code }: Refusal): Promise<void> {
  const ledger = new RunLedger({ namespace: 'test', store: memoryStore() });
  await refusesToBoot(
    { providers: [jobsWith(...decorators)(() => {})], options: { ledger, ...options } },
    message,
    code,
  );
  await ledger.close();
}

async function refusesIntervalOptions(): Promise<void> {
  const options: GateOptions = JSON.parse('{ "catchUp": "all" }');
  assert.throws(() => LeaderInterval(1_000, options), {
    code: OPTION,
    message: /^catchUp is 'all', but it must be one of/,
  });
}

/** What a future version of cron might change. */
const UNKNOWN: readonly { readonly title: string; readonly change: (job: CronJob) => void }[] = [
  { title: 'names no next date', change: (job) => Reflect.set(job.cronTime, 'getNextDateFrom', undefined) },
  { title: 'keeps no date of the last tick', change: (job) => Reflect.deleteProperty(job, 'lastExecution') },
];

async function refusesUnknownCron(change: (job: CronJob) => void): Promise<void> {
  const { app } = await bootRecorded({}, { gate: 'all' });
  const job = CronJob.from({ cronTime: NEVER, onTick: () => {}, start: true });
  change(job);
  assert.throws(() => app.get(SchedulerRegistry).addCronJob('job', job), {
    code: 'ERR_MISWIRED',
    message: /^the cron job job cannot be recorded in a ledger, because this version of cron is not supported/,
  });
  assert.equal(job.isActive, false, 'a job that is refused does not run on every replica');
  await app.close();
}

/** What an app with a ledger refuses to boot with. */
export const ledgerRefusals: readonly Case[] = [
  ...REFUSALS.map((refusal) => ({ title: `refuses to boot if ${refusal.title}`, run: () => refuses(refusal) })),
  { title: 'refuses catchUp on @LeaderInterval when the class is defined', run: refusesIntervalOptions },
  {
    title: 'refuses a ledger that is none',
    run: () =>
      refusesToBoot({ options: JSON.parse('{ "ledger": {} }') }, /^ledger is {}, but it must be a RunLedger/, OPTION),
  },
  ...UNKNOWN.map(({ title, change }) => ({
    title: `refuses a cron job of a version that ${title}`,
    run: () => refusesUnknownCron(change),
  })),
];
