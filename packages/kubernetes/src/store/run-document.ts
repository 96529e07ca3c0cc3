import type { RunState } from '@cluster-leader/ledger';

/** One run, with instants in milliseconds since 1970. */
export interface RunEntry {
  state: RunState;
  attempt: number;
  madeUp: boolean;
  holder: string;
  pod: string;
  claimedAt: number;
  endedAt?: number | undefined;
  error?: string | undefined;
  term?: number | undefined;
  token?: string | undefined;
}

/** What is known of a registered job. */
export interface Registration {
  fingerprint: string;
  settled: number;
  revision: number;
}

/** A job: its registration, if any, and its last runs by slot. */
export interface JobEntry {
  registration?: Registration | undefined;
  /** Runs up to this slot were dropped for want of room: none of them may be claimed again. */
  droppedUpTo?: number | undefined;
  readonly runs: Map<number, RunEntry>;
}

/** All jobs of a namespace, as one ConfigMap keeps them. */
export interface RunDocument {
  readonly jobs: Map<string, JobEntry>;
  /** The last beat of each holder, by its id. */
  readonly beats: Map<string, number>;
}

/** Returns the entry of a job, which is added if it is unknown. */
export function jobOf(document: RunDocument, job: string): JobEntry {
  const known = document.jobs.get(job);
  if (known !== undefined) return known;
  const entry: JobEntry = { runs: new Map() };
  document.jobs.set(job, entry);
  return entry;
}
