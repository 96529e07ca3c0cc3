import { RUN_STATES, type JobRecord, type RunRecord, type SkipRecord, type TermRecord } from '../store/records.ts';

/** A record as a script has written it. */
type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(reply: unknown): Fields {
  const value: unknown = JSON.parse(String(reply));
  if (typeof value !== 'object' || value === null) throw new Error('Redis holds a record that is not an object.');
  return { ...value };
}

export function runOf(reply: unknown): RunRecord {
  const run = fieldsOf(reply);
  const state = RUN_STATES.find((known) => known === run['state']);
  if (state === undefined) throw new Error('Redis holds a run in a state that this version does not know.');
  return {
    job: text(run['job']),
    slot: dateOf(run['slot']),
    state,
    attempt: Number(run['attempt']),
    madeUp: run['madeUp'] === true,
    holder: text(run['holder']),
    pod: text(run['pod']),
    term: run['term'] === undefined ? undefined : Number(run['term']),
    fencingToken: tokenOf(run['token']),
    claimedAt: dateOf(run['claimedAt']),
    endedAt: run['endedAt'] === undefined ? undefined : dateOf(run['endedAt']),
    error: run['error'] === undefined ? undefined : text(run['error']),
  };
}

export function jobOf(reply: unknown): JobRecord {
  const job = fieldsOf(reply);
  return {
    job: text(job['job']),
    fingerprint: text(job['fingerprint']),
    settled: dateOf(job['settled']),
    revision: Number(job['revision']),
  };
}

export function termOf(reply: unknown): TermRecord {
  const term = fieldsOf(reply);
  return {
    election: text(term['election']),
    number: Number(term['number']),
    fencingToken: tokenOf(term['token']),
    from: dateOf(term['from']),
    to: term['to'] === undefined ? undefined : dateOf(term['to']),
    reason: term['reason'] === undefined ? undefined : text(term['reason']),
    holder: text(term['holder']),
    pod: text(term['pod']),
  };
}

export function skipOf(reply: unknown): SkipRecord {
  const skip = fieldsOf(reply);
  return {
    job: text(skip['job']),
    reason: text(skip['reason']),
    minute: dateOf(skip['minute']),
    count: Number(skip['count']),
    pod: text(skip['pod']),
  };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('Redis holds a record that lacks a text.');
  return value;
}

function dateOf(value: unknown): Date {
  return new Date(Number(value));
}

function tokenOf(value: unknown): bigint | undefined {
  return value === undefined ? undefined : BigInt(text(value));
}
