import { invalidOption, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { RUN_STATES, type RunQuery, type RunState } from '../store/records.ts';
import { requireName } from './ledger-options.ts';

/** Selects records of the ledger. */
export interface LedgerQuery {
  /** Only those of this job. */
  readonly job?: string | undefined;
  /** Only what is at this instant or later. */
  readonly from?: Date | undefined;
  /** Only what is before this instant. */
  readonly to?: Date | undefined;
  /** How many at most, the newest ones. Default 100, at most 10 000. */
  readonly limit?: number | undefined;
}

/** Selects runs of the ledger by their slots. */
export interface LedgerRunQuery extends LedgerQuery {
  /** Only runs in this state. A run whose process has died is `'running'` until a leader finds it. */
  readonly state?: RunState | undefined;
}

const MOST = 10_000;

/** Fills in the defaults; throws ERR_INVALID_OPTION naming option, value and rule. */
export function resolveQuery(query: LedgerRunQuery, names: readonly string[]): RunQuery {
  const { job, state, from, to, limit = 100 } = requireKnownOptions(query, names);
  if (job !== undefined) requireName('job', job);
  if (state !== undefined && !RUN_STATES.includes(state)) {
    throw invalidOption('state', state, `one of ${RUN_STATES.join(', ')}`);
  }
  requireInstant('from', from);
  requireInstant('to', to);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
    throw invalidOption('limit', limit, `a whole number from 1 to ${MOST}`);
  }
  return { job, state, from, to, limit };
}

function requireInstant(option: string, value: unknown): void {
  if (value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()))) return;
  throw invalidOption(option, value, 'a valid Date');
}
