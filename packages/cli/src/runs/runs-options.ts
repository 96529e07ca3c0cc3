import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { RUN_STATES, type RunQuery, type RunState } from '@cluster-leader/ledger';
import { wholeNumber } from '../command-line/option-values.ts';
import { readOptions } from '../command-line/read-options.ts';
import { UsageError } from '../command-line/usage-error.ts';

/** What the command line of `runs` asks for. */
export interface RunsOptions {
  readonly namespace: string;
  readonly query: RunQuery;
  readonly asJson: boolean;
}

const MOST_RUNS = 1_000;

/** Reads the command line of `runs`. Throws a UsageError or ERR_INVALID_OPTION. */
export function readRunsOptions(args: readonly string[]): RunsOptions {
  const { namespace, job, state, limit, json } = readOptions(args, {
    namespace: { type: 'string' },
    job: { type: 'string' },
    state: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
  });
  // A default could show the runs of another app that shares the store.
  if (!namespace) throw new UsageError('the namespace of the ledger is missing: --namespace=<name>');
  return {
    namespace,
    query: {
      job,
      state: state === undefined ? undefined : stateOf(state),
      limit: wholeNumber('--limit', limit ?? '50', 1, MOST_RUNS),
    },
    asJson: json === true,
  };
}

function stateOf(name: string): RunState {
  const state = RUN_STATES.find((one) => one === name);
  if (state !== undefined) return state;
  throw invalidOption('--state', name, `one of ${RUN_STATES.join(', ')}`);
}
