import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { requireName } from '../ledger/ledger-options.ts';
import { requireSpan } from '../ledger/span.ts';
import type { CatchUp, LedgerJobOptions, LedgerTask, OnInterrupted } from './ledger-job.ts';

/** The options of a job with every default in its place. */
export interface JobOptions {
  readonly name: string;
  readonly fingerprint: string;
  readonly nextSlot: ((after: Date) => Date | null | undefined) | undefined;
  readonly catchUp: CatchUp;
  readonly catchUpWindowMs: number;
  readonly maxCatchUp: number;
  readonly interrupted: OnInterrupted;
  readonly maxAttempts: number;
  readonly exclusive: boolean;
  readonly randomDelayMs: number;
  readonly task: LedgerTask;
}

const OPTIONS: readonly (keyof JobOptions)[] = [
  'name',
  'fingerprint',
  'nextSlot',
  'catchUp',
  'catchUpWindowMs',
  'maxCatchUp',
  'interrupted',
  'maxAttempts',
  'exclusive',
  'randomDelayMs',
  'task',
];
const CATCH_UP: ReadonlySet<CatchUp> = new Set(['none', 'latest', 'all']);
const ON_INTERRUPTED: ReadonlySet<OnInterrupted> = new Set(['leave', 'rerun']);
const DAY_MS = 86_400_000;
const MOST_CATCH_UP = 10_000;

/** Fills in the defaults; throws ERR_INVALID_OPTION naming option, value and rule. */
export function resolveJobOptions(options: LedgerJobOptions, retentionMs: number): JobOptions {
  const own = requireKnownOptions(options, OPTIONS);
  const { catchUp = 'none', interrupted = 'leave', exclusive = false, nextSlot, fingerprint, task } = own;
  const name = requireName('name', own.name);
  const catchUpWindowMs = requireSpan('catchUpWindowMs', own.catchUpWindowMs ?? Math.min(DAY_MS, retentionMs / 2));
  const maxCatchUp = requireCount('maxCatchUp', own.maxCatchUp ?? 100, MOST_CATCH_UP);
  const maxAttempts = requireCount('maxAttempts', own.maxAttempts ?? 3, MOST_CATCH_UP);
  const { randomDelayMs = 0 } = own;
  if (typeof fingerprint !== 'string') throw invalidOption('fingerprint', fingerprint, 'a text');
  if (!CATCH_UP.has(catchUp)) throw invalidOption('catchUp', catchUp, `'none', 'latest' or 'all'`);
  if (!ON_INTERRUPTED.has(interrupted)) throw invalidOption('interrupted', interrupted, `'leave' or 'rerun'`);
  if (typeof exclusive !== 'boolean') throw invalidOption('exclusive', exclusive, 'true or false');
  if (typeof task !== 'function') throw invalidOption('task', task, 'a function');
  if (nextSlot !== undefined && typeof nextSlot !== 'function') throw invalidOption('nextSlot', nextSlot, 'a function');
  if (catchUp !== 'none' && nextSlot === undefined) {
    throw invalidOption('catchUp', catchUp, `'none' for ${name}, whose host does not tell its slots (nextSlot)`);
  }
  if (randomDelayMs !== 0) requireDuration('randomDelayMs', randomDelayMs, ', or 0');
  if (catchUpWindowMs >= retentionMs) {
    const rule = `below the ledger's retentionMs (${retentionMs}), or slots are forgotten before they are made up`;
    throw invalidOption('catchUpWindowMs', catchUpWindowMs, rule);
  }
  return {
    name,
    fingerprint,
    nextSlot,
    catchUp,
    catchUpWindowMs,
    maxCatchUp,
    interrupted,
    maxAttempts,
    exclusive,
    randomDelayMs,
    task,
  };
}

function requireCount(option: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalidOption(option, value, `a whole number from 1 to ${most}`);
}
