import { createHash } from 'node:crypto';
import { RUN_STATE_NAMES } from './run-states.ts';
import type { JobEntry, RunDocument, RunEntry } from './run-document.ts';

/** The data of a ConfigMap. */
export type ConfigMapData = Readonly<Record<string, string>>;

const BEATS = 'beats';
const JOB_KEY = /^job-[0-9a-f]{32}$/;

/** Reads the document in the data of a ConfigMap; throws if another program has changed it. */
export function parseDocument(data: ConfigMapData): RunDocument {
  const jobs = new Map<string, JobEntry>();
  for (const [key, text] of Object.entries(data)) {
    if (!JOB_KEY.test(key)) continue;
    const { job, runs, registration, droppedUpTo } = fieldsOf(JSON.parse(text));
    if (typeof job !== 'string' || keyOf(job) !== key) throw new Error(`The key ${key} does not belong to its job`);
    jobs.set(job, {
      registration: registration === undefined ? undefined : parseRegistration(registration),
      droppedUpTo: droppedUpTo === undefined ? undefined : wholeNumber(droppedUpTo),
      runs: new Map(listOf(runs).map(parseRun)),
    });
  }
  const beats = Object.entries(fieldsOf(JSON.parse(data[BEATS] ?? '{}')));
  return { jobs, beats: new Map(beats.map(([holder, beat]) => [holder, wholeNumber(beat)])) };
}

/** Writes the document as data of a ConfigMap: a key for each job, since its name may be any text. */
export function formatDocument({ beats, jobs }: RunDocument): ConfigMapData {
  const data: Record<string, string> = { [BEATS]: JSON.stringify(Object.fromEntries(beats)) };
  for (const [job, { runs, ...entry }] of jobs) {
    const sorted = [...runs].toSorted(([a], [b]) => a - b);
    data[keyOf(job)] = JSON.stringify({ job, ...entry, runs: sorted });
  }
  return data;
}

/** The data with the document's keys in place of older ones; keys of other programs stay. */
export function replaceDocument(data: ConfigMapData, document: ConfigMapData): ConfigMapData {
  return { ...Object.fromEntries(Object.entries(data).filter(([key]) => !isOwnKey(key))), ...document };
}

/** How many bytes the data takes in the API server. */
export function sizeOf(data: ConfigMapData): number {
  return Object.entries(data).reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
}

function isOwnKey(key: string): boolean {
  return key === BEATS || JOB_KEY.test(key);
}

function keyOf(job: string): string {
  return `job-${createHash('sha256').update(job).digest('hex').slice(0, 32)}`;
}

function parseRegistration(value: unknown): JobEntry['registration'] {
  const { fingerprint, settled, revision } = fieldsOf(value);
  return { fingerprint: textOf(fingerprint), settled: wholeNumber(settled), revision: wholeNumber(revision) };
}

function parseRun(value: unknown): [number, RunEntry] {
  const [slot, run] = listOf(value);
  const { state, attempt, madeUp, holder, pod, claimedAt, endedAt, error, term, token } = fieldsOf(run);
  const known = RUN_STATE_NAMES.find((name) => name === state);
  if (known === undefined) throw new Error('A run has an unknown state');
  return [
    wholeNumber(slot),
    {
      state: known,
      attempt: wholeNumber(attempt),
      madeUp: madeUp === true,
      holder: textOf(holder),
      pod: textOf(pod),
      claimedAt: wholeNumber(claimedAt),
      endedAt: endedAt === undefined ? undefined : wholeNumber(endedAt),
      error: error === undefined ? undefined : textOf(error),
      term: term === undefined ? undefined : wholeNumber(term),
      token: token === undefined ? undefined : textOf(token),
    },
  ];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('A record is missing');
  return { ...value };
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('A list is missing');
  return value;
}

function wholeNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error('A number is missing');
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('A text is missing');
  return value;
}
