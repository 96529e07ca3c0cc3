import { invalidOption, parseDuration } from '@cluster-leader/core/adapter-kit';
import type { Dialect } from '@cluster-leader/testing';
import { leaseOption, leaseVariable, wholeNumber } from '../command-line/option-values.ts';
import { readCommandLine } from '../command-line/read-options.ts';

/** What the command line of `dev` asks for. */
export interface DevOptions {
  readonly command: readonly string[];
  readonly replicas: number;
  /** Undefined: the default of the dialect's sidecar. */
  readonly leaseDurationMs: number | undefined;
  readonly dialect: Dialect | undefined;
  readonly graceMs: number;
  readonly restart: boolean;
}

const MAX_REPLICAS = 20;

/** A record, so that the compiler reports a dialect that is missing. */
const DIALECTS: Readonly<Record<Dialect, true>> = {
  'leader-elector': true,
  'leader-elector-head': true,
  kkosmrli: true,
  nais: true,
  krmcbride: true,
  vapor: true,
};

/** Reads the command line of `dev`. Throws a UsageError or ERR_INVALID_OPTION. */
export function readDevOptions(args: readonly string[]): DevOptions {
  const { values, command } = readCommandLine(args, {
    replicas: { type: 'string' },
    lease: { type: 'string' },
    dialect: { type: 'string' },
    grace: { type: 'string' },
    restart: { type: 'boolean' },
  });
  const { dialect } = values;
  return {
    command,
    replicas: wholeNumber('--replicas', values.replicas ?? '3', 1, MAX_REPLICAS),
    leaseDurationMs: leaseOption(values.lease) ?? leaseVariable(),
    dialect: dialect === undefined ? undefined : dialectOf(dialect),
    graceMs: parseDuration('--grace', values.grace ?? '5s'),
    restart: values.restart === true,
  };
}

function dialectOf(name: string): Dialect {
  if (isDialect(name)) return name;
  throw invalidOption('--dialect', name, `one of ${Object.keys(DIALECTS).join(', ')}`);
}

function isDialect(name: string): name is Dialect {
  return Object.hasOwn(DIALECTS, name);
}
