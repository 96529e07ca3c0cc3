import { RUN_STATES, type RunState } from '../store/records.ts';
import type { Row } from './link.ts';

/** Selects an instant as milliseconds since 1970, whatever parsers the app has set for dates. */
export function ms(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::bigint::text`;
}

export const iso = (instant: Date | undefined): string | undefined => instant?.toISOString();

export function text(row: Row, column: string): string {
  return String(row[column]);
}

export function date(row: Row, column: string): Date {
  return new Date(Number(row[column]));
}

/** Reads a column that may be null. */
export function optional<T>(row: Row, column: string, read: (row: Row, column: string) => T): T | undefined {
  return row[column] === null || row[column] === undefined ? undefined : read(row, column);
}

export function integer(row: Row, column: string): number {
  return Number(row[column]);
}

export function token(row: Row, column: string): bigint {
  return BigInt(text(row, column));
}

export function runState(row: Row): RunState {
  const state = RUN_STATES.find((known) => known === row['state']);
  if (state === undefined)
    throw new Error('The table cluster_leader_runs has a state that this version does not know.');
  return state;
}
