import {
  RUN_STATES,
  type JobRecord,
  type RunRecord,
  type SkipRecord,
  type Slot,
  type TermRecord,
} from '../store/records.ts';
import type { Row } from './call.ts';

/** Returns what tells two runs of a namespace apart. */
export function keyOf({ job, slot }: Slot): string {
  return `${slot.getTime()} ${job}`;
}

export function slotOf(row: Row): Slot {
  const id = idOf(row);
  return { job: text(id, 'job'), slot: date(id, 'slot') };
}

export function runOf(row: Row): RunRecord {
  const state = RUN_STATES.find((known) => known === row['state']);
  if (state === undefined) throw new Error('MongoDB holds a run in a state that this version does not know.');
  return {
    ...slotOf(row),
    state,
    attempt: Number(row['attempt']),
    madeUp: row['madeUp'] === true,
    holder: text(row, 'holder'),
    pod: text(row, 'pod'),
    term: optional(row, 'term', integer),
    fencingToken: optional(row, 'token', token),
    claimedAt: date(row, 'claimedAt'),
    endedAt: optional(row, 'endedAt', date),
    error: optional(row, 'error', text),
  };
}

export function jobOf(row: Row): JobRecord {
  return {
    job: text(idOf(row), 'job'),
    fingerprint: text(row, 'fingerprint'),
    settled: date(row, 'settled'),
    revision: integer(row, 'revision'),
  };
}

export function termOf(row: Row): TermRecord {
  const id = idOf(row);
  return {
    election: text(id, 'election'),
    number: integer(id, 'number'),
    fencingToken: optional(row, 'token', token),
    from: date(id, 'from'),
    to: optional(row, 'to', date),
    reason: optional(row, 'reason', text),
    holder: text(id, 'holder'),
    pod: text(row, 'pod'),
  };
}

export function skipOf(row: Row): SkipRecord {
  const id = idOf(row);
  return {
    job: text(id, 'job'),
    reason: text(id, 'reason'),
    minute: date(id, 'minute'),
    count: integer(row, 'count'),
    pod: text(row, 'pod'),
  };
}

export function date(row: Row, field: string): Date {
  const value = row[field];
  if (!(value instanceof Date)) throw new Error(`MongoDB holds a record whose ${field} is not a date.`);
  return value;
}

function idOf(row: Row): Row {
  const id = row['_id'];
  if (typeof id !== 'object' || id === null) throw new Error('MongoDB holds a record whose _id is not a document.');
  return { ...id };
}

function text(row: Row, field: string): string {
  const value = row[field];
  if (typeof value !== 'string') throw new Error(`MongoDB holds a record whose ${field} is not a text.`);
  return value;
}

function integer(row: Row, field: string): number {
  return Number(row[field]);
}

function token(row: Row, field: string): bigint {
  return BigInt(text(row, field));
}

function optional<T>(row: Row, field: string, read: (row: Row, field: string) => T): T | undefined {
  return row[field] === undefined || row[field] === null ? undefined : read(row, field);
}
