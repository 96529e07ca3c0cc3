import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { formatDocument, sizeOf, type ConfigMapData } from './document-text.ts';
import type { JobEntry, RunDocument } from './run-document.ts';

const MOST_JOBS = 100;
const MOST_BYTES = 256 * 1024;
/** How many runs each job keeps, as long as there is room. */
const KEPT_RUNS = [100, 50, 20, 10, 5, 1];
/** How long the beat of a holder without a running run is kept, in milliseconds. */
const KEPT_BEAT_MS = 3_600_000;

/** Throws ERR_INVALID_OPTION if the document would have more than 100 jobs. */
export function requireRoomForJobs({ jobs }: RunDocument, names: readonly string[]): void {
  const count = new Set([...jobs.keys(), ...names]).size;
  if (count > MOST_JOBS) {
    throw invalidOption(
      'namespace',
      `one with ${count} jobs`,
      `one with at most ${MOST_JOBS} jobs in configMapStore()`,
    );
  }
}

/**
 * Formats the document within 256 KiB, and drops the oldest runs of each job for it.
 *
 * A run is dropped only if it has ended and no sweep looks at its slot any more. Throws ERR_INVALID_OPTION without room.
 */
export function formatWithinRoom(document: RunDocument, nowMs: number): ConfigMapData {
  dropBeats(document, nowMs);
  for (const kept of KEPT_RUNS) {
    for (const entry of document.jobs.values()) dropRuns(entry, kept);
    const data = formatDocument(document);
    if (sizeOf(data) <= MOST_BYTES) return data;
  }
  throw invalidOption('store', 'a configMapStore() that is full', 'one of a namespace whose runs take at most 256 KiB');
}

/** Deletes old runs as `RunStore.prune` says. */
export function prune({ jobs }: RunDocument, beforeMs: number): void {
  for (const [job, { registration, runs }] of jobs) {
    for (const [slot, { state }] of runs) {
      const isOpen = registration !== undefined && slot > registration.settled;
      if (state !== 'running' && slot < beforeMs && !isOpen) runs.delete(slot);
    }
    if (registration === undefined && runs.size === 0) jobs.delete(job);
  }
}

function dropRuns(entry: JobEntry, kept: number): void {
  const { registration, runs } = entry;
  for (const slot of [...runs.keys()].toSorted((a, b) => a - b)) {
    const isOpen = registration !== undefined && slot > registration.settled;
    const state = runs.get(slot)?.state;
    // A release moves the watermark back to a running slot: nothing after it may count as dropped.
    if (runs.size <= kept || isOpen || state === 'running') return;
    if (state === 'interrupted') continue; // it may still be run again
    runs.delete(slot);
    entry.droppedUpTo = slot;
  }
}

function dropBeats({ beats, jobs }: RunDocument, nowMs: number): void {
  const active = new Set<string>();
  for (const { runs } of jobs.values()) {
    for (const { holder, state } of runs.values()) if (state === 'running') active.add(holder);
  }
  for (const [holder, beat] of beats) if (nowMs - beat > KEPT_BEAT_MS && !active.has(holder)) beats.delete(holder);
}
