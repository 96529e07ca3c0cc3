import { hostname } from 'node:os';
import type { Logger } from '@cluster-leader/core';
import {
  defaultLogger,
  harmless,
  invalidOption,
  requireDuration,
  requireKnownOptions,
  type HarmlessLogger,
} from '@cluster-leader/core/adapter-kit';
import type { RunStore } from '../store/run-store.ts';
import { requireSpan } from './span.ts';

export interface RunLedgerOptions {
  /** Sets the jobs of this app apart from others in the same store. The same in all replicas. */
  readonly namespace: string;
  /** The same store, or one over the same database, in all replicas. */
  readonly store: RunStore;
  /** This pod's name in the records. Default `$MY_POD_NAME`, `$POD_NAME`, or the hostname. */
  readonly pod?: string | undefined;
  /** How long runs are remembered, in milliseconds. Default 30 days; must exceed every `catchUpWindowMs`. */
  readonly retentionMs?: number | undefined;
  /** How long a run waits for the store, in milliseconds, before it is skipped as `ledger-unavailable`. Default 2 000. */
  readonly claimTimeoutMs?: number | undefined;
  /** How often a process that holds runs reports that it is alive, in milliseconds. Default 10 000. */
  readonly heartbeatMs?: number | undefined;
  /** After how long without a report its runs count as interrupted, in milliseconds. Default 60 000. */
  readonly expiryMs?: number | undefined;
  /** How often the leader looks for missed slots and interrupted runs, in milliseconds. Default 60 000. */
  readonly sweepMs?: number | undefined;
  /** Default: warnings only, by `process.emitWarning`. */
  readonly logger?: Logger | undefined;
}

/** The options with every default in its place. */
export interface ResolvedLedgerOptions {
  readonly namespace: string;
  readonly store: RunStore;
  readonly pod: string;
  readonly retentionMs: number;
  readonly claimTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly expiryMs: number;
  readonly sweepMs: number;
  readonly logger: HarmlessLogger;
}

const OPTIONS = [
  'namespace',
  'store',
  'pod',
  'retentionMs',
  'claimTimeoutMs',
  'heartbeatMs',
  'expiryMs',
  'sweepMs',
  'logger',
];
const DAY_MS = 86_400_000;

/** Fills in the defaults; throws ERR_INVALID_OPTION naming option, value and rule. */
export function resolveLedgerOptions(options: RunLedgerOptions): ResolvedLedgerOptions {
  const own = requireKnownOptions(options, OPTIONS);
  const { store, logger = defaultLogger } = own;
  const namespace = requireName('namespace', own.namespace);
  const pod = requireName('pod', own.pod ?? (process.env['MY_POD_NAME'] || process.env['POD_NAME'] || hostname()));
  if (typeof store?.claim !== 'function') {
    throw invalidOption('store', store, 'a run store, such as postgresStore(pool) or memoryStore()');
  }
  if (typeof logger !== 'object' || logger === null) {
    throw invalidOption('logger', logger, 'an object with methods such as debug, info and warn');
  }
  const retentionMs = requireSpan('retentionMs', own.retentionMs ?? 30 * DAY_MS);
  const claimTimeoutMs = requireDuration('claimTimeoutMs', own.claimTimeoutMs ?? 2_000);
  const heartbeatMs = requireDuration('heartbeatMs', own.heartbeatMs ?? 10_000);
  const expiryMs = requireDuration('expiryMs', own.expiryMs ?? 60_000);
  const sweepMs = requireDuration('sweepMs', own.sweepMs ?? 60_000);
  if (expiryMs < 2 * heartbeatMs) {
    const rule = `at least twice heartbeatMs (${heartbeatMs}), or one lost report interrupts a run that goes on`;
    throw invalidOption('expiryMs', expiryMs, rule);
  }
  if (claimTimeoutMs >= heartbeatMs) {
    const rule = `below heartbeatMs (${heartbeatMs}), which waits for the store as well`;
    throw invalidOption('claimTimeoutMs', claimTimeoutMs, rule);
  }
  if (retentionMs <= expiryMs) {
    throw invalidOption(
      'retentionMs',
      retentionMs,
      `above expiryMs (${expiryMs}), or runs are forgotten before they end`,
    );
  }
  return {
    namespace,
    store,
    pod,
    retentionMs,
    claimTimeoutMs,
    heartbeatMs,
    expiryMs,
    sweepMs,
    logger: harmless(logger),
  };
}

/** Returns `value` if it can name something in the store; throws ERR_INVALID_OPTION otherwise. */
export function requireName(option: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() === value && value.length > 0 && value.length <= LONGEST_NAME) {
    // PostgreSQL stores no NUL, and half a surrogate pair is no text anywhere.
    if (value.isWellFormed() && !value.includes('\0')) return value;
  }
  const rule = `a text of 1 to ${LONGEST_NAME} characters without white space around it`;
  throw invalidOption(option, value, rule);
}

const LONGEST_NAME = 200;
