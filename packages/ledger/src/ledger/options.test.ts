import { fakeLeader } from '@cluster-leader/testing';
import { describe, expect, it, vi } from 'vitest';
import { resolveJobOptions } from '../job/job-options.ts';
import type { LedgerJobOptions } from '../job/ledger-job.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { resolveLedgerOptions } from './ledger-options.ts';
import { RunLedger } from './run-ledger.ts';
import { resolveQuery } from './run-query.ts';

const DAY_MS = 86_400_000;
const store = memoryStore();

describe('The options of a ledger', () => {
  it('have defaults', () => {
    vi.stubEnv('MY_POD_NAME', 'pod-0');
    expect(resolveLedgerOptions({ namespace: 'billing', store })).toMatchObject({
      pod: 'pod-0',
      retentionMs: 30 * DAY_MS,
      claimTimeoutMs: 2_000,
      heartbeatMs: 10_000,
      expiryMs: 60_000,
      sweepMs: 60_000,
    });
    vi.unstubAllEnvs();
  });

  it.each<{ option: string; value: unknown; rule: string }>([
    { option: 'namespace', value: '', rule: '1 to 200 characters' },
    { option: 'namespace', value: ' billing', rule: 'without white space around it' },
    { option: 'namespace', value: 'bill\0ing', rule: '1 to 200 characters' },
    { option: 'store', value: {}, rule: 'a run store, such as postgresStore(pool)' },
    { option: 'pod', value: 7, rule: '1 to 200 characters' },
    { option: 'retentionMs', value: 0, rule: 'up to ten years' },
    { option: 'retentionMs', value: 60_000, rule: 'above expiryMs (60000)' },
    { option: 'claimTimeoutMs', value: -1, rule: 'above 0' },
    { option: 'claimTimeoutMs', value: 10_000, rule: 'below heartbeatMs (10000)' },
    { option: 'expiryMs', value: 19_999, rule: 'at least twice heartbeatMs (10000)' },
    { option: 'sweepMs', value: '60s', rule: 'above 0' },
    { option: 'logger', value: null, rule: 'methods such as debug, info and warn' },
    { option: 'retention', value: 1, rule: 'one of the options: namespace, store' },
  ])('refuse $option $value', ({ option, value, rule }) => {
    const options = { namespace: 'billing', store, [option]: value };
    const refusal = expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(rule) });
    expect(() => new RunLedger(options)).toThrow(refusal);
    expect(() => new RunLedger(options)).toThrow(new RegExp(`^${option} is `));
  });

  it('name no event that does not exist', () => {
    const ledger = new RunLedger({ namespace: 'billing', store });
    // @ts-expect-error -- a misspelt event
    expect(() => ledger.on('gaveup', () => {})).toThrow('one of the events skipped, gaveUp');
  });
});

describe('The options of a job', () => {
  const job: LedgerJobOptions = { name: 'report', fingerprint: '0 2 * * *', nextSlot: () => null, task: () => {} };

  it('have defaults', () => {
    expect(resolveJobOptions(job, 30 * DAY_MS)).toEqual({
      ...job,
      catchUp: 'none',
      catchUpWindowMs: DAY_MS,
      maxCatchUp: 100,
      interrupted: 'leave',
      maxAttempts: 3,
      exclusive: false,
      randomDelayMs: 0,
    });
  });

  it.each([
    { option: 'name', value: '', rule: '1 to 200 characters' },
    { option: 'fingerprint', value: undefined, rule: 'a text' },
    { option: 'nextSlot', value: 'daily', rule: 'a function' },
    { option: 'catchUp', value: 'some', rule: "'none', 'latest' or 'all'" },
    { option: 'catchUpWindowMs', value: 30 * DAY_MS, rule: "below the ledger's retentionMs" },
    { option: 'maxCatchUp', value: 1.5, rule: 'a whole number from 1' },
    { option: 'maxAttempts', value: 0, rule: 'a whole number from 1' },
    { option: 'interrupted', value: 'retry', rule: "'leave' or 'rerun'" },
    { option: 'exclusive', value: 1, rule: 'true or false' },
    { option: 'randomDelayMs', value: -1, rule: 'or 0' },
    { option: 'task', value: undefined, rule: 'a function' },
    { option: 'catchup', value: 'all', rule: 'one of the options' },
  ])('refuse $option $value', ({ option, value, rule }) => {
    const ledger = new RunLedger({ namespace: 'billing', store });
    const options = { ...job, [option]: value };
    const refusal = expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(rule) });
    expect(() => ledger.register(fakeLeader(), options)).toThrow(refusal);
    expect(() => ledger.register(fakeLeader(), options)).toThrow(new RegExp(`^${option} is `));
  });

  it('refuse catch-up of a job whose slots nothing enumerates', () => {
    const options = { ...job, nextSlot: undefined, catchUp: 'all' } as const;
    expect(() => resolveJobOptions(options, 30 * DAY_MS)).toThrow('does not tell its slots');
  });
});

describe('A query', () => {
  it.each([
    { query: { limit: 0 }, rule: 'from 1 to 10000' },
    { query: { state: 'done' }, rule: 'one of running, succeeded' },
    { query: { from: new Date(Number.NaN) }, rule: 'a valid Date' },
    { query: { job: '' }, rule: '1 to 200 characters' },
    { query: { since: new Date() }, rule: 'one of the options' },
  ])('is refused if it is $query', ({ query, rule }) => {
    const names = ['job', 'state', 'from', 'to', 'limit'];
    // @ts-expect-error -- what a caller without types might give
    expect(() => resolveQuery(query, names)).toThrow(rule);
  });
});
