import { readdirSync, readFileSync } from 'node:fs';
import { resolveTiming, type Timing } from '@cluster-leader/core/adapter-kit';
import { readLockHistory, shiftLock, type LockHistory } from './lock-history.ts';

const FOLDER = new URL('../../recordings/answers/', import.meta.url);

/** What the sidecars of some pods answered over time. `test/recordings/README.md` describes the format. */
export interface Recording {
  readonly sidecar: string;
  readonly endMs: number;
  readonly marks: readonly Mark[];
  readonly answers: readonly RecordedAnswer[];
  /** Absent in the first six recordings. */
  readonly lock?: LockHistory | undefined;
}

/** What was done to the cluster. */
interface Mark {
  readonly atMs: number;
  readonly event: string;
}

/** What one pod's sidecar does from `atMs` on, until that pod's next entry. */
export type RecordedAnswer = { readonly atMs: number; readonly pod: string } & (
  | { readonly status: number; readonly body: string }
  | { readonly refused: true }
  | { readonly hangs: true }
);

/** Returns the names of all recordings. */
export function recordingNames(): readonly string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.slice(0, -'.json'.length)).toSorted();
}

/** Reads `test/recordings/answers/<name>.json`. */
export function readRecording(name: string): Recording {
  const recording: Recording = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
  return { ...recording, lock: readLockHistory(name, recording.marks) };
}

export function podsOf({ answers }: Recording): readonly string[] {
  return [...new Set(answers.map(({ pod }) => pod))].toSorted();
}

/** Returns the times of a service with default settings that declares the lease of the recorded sidecars. */
export function timingOf({ sidecar }: Recording): Timing {
  return resolveTiming({ leaseDurationMs: sidecar === 'kkosmrli' ? 15_000 : 10_000 });
}

/** Returns when the pod's app runs: a rolling update starts some apps late, and stops others with their sidecars. */
export function lifeOf({ marks }: Recording, pod: string): { readonly fromMs: number; readonly toMs: number } {
  const starts = marks.find(({ event }) => event.endsWith(`${pod} starts`));
  const ends = marks.find(({ event }) => event.endsWith(`SIGTERM to sidecar and app of ${pod}`));
  return { fromMs: starts?.atMs ?? 0, toMs: ends?.atMs ?? Infinity };
}

/** Returns one pod's answers in order of time. */
export function answersOf({ answers }: Recording, pod: string): readonly RecordedAnswer[] {
  return answers.filter((answer) => answer.pod === pod).toSorted((one, other) => one.atMs - other.atMs);
}

/** Returns the time of the first mark whose text contains `event`. */
export function markedAtMs({ marks }: Recording, event: string): number {
  const mark = marks.find((candidate) => candidate.event.includes(event));
  if (mark === undefined) throw new Error(`No mark contains "${event}".`);
  return mark.atMs;
}

/** Whether a sidecar answers with its own pod's name. */
export function claimsItself(answer: RecordedAnswer): boolean {
  return nameIn(answer) === answer.pod;
}

/** Whether a sidecar answers with a name. */
export function namesSomebody(answer: RecordedAnswer): boolean {
  return Boolean(nameIn(answer));
}

/** Returns the part between two times as a recording of its own. */
export function cut(recording: Recording, fromMs: number, toMs: number): Recording {
  const atMs = (entry: { readonly atMs: number }): number => Math.max(0, entry.atMs - fromMs);
  const before = podsOf(recording).flatMap((pod) => {
    const present = answersOf(recording, pod).findLast((answer) => answer.atMs <= fromMs);
    return present === undefined ? [] : [present];
  });
  const within = ({ atMs: at }: { readonly atMs: number }): boolean => at > fromMs && at < toMs;
  return {
    sidecar: recording.sidecar,
    endMs: toMs - fromMs,
    marks: recording.marks.filter(within).map((mark) => ({ ...mark, atMs: atMs(mark) })),
    answers: [...before, ...recording.answers.filter(within)].map((answer) => ({ ...answer, atMs: atMs(answer) })),
    lock: recording.lock && shiftLock(recording.lock, fromMs),
  };
}

/**
 * Returns the same answers at another speed: with a factor of 0.1, everything takes a tenth of its time. The lock record is
 * left out.
 */
export function scale(recording: Recording, factor: number): Recording {
  return {
    sidecar: recording.sidecar,
    endMs: recording.endMs * factor,
    marks: recording.marks.map((mark) => ({ ...mark, atMs: mark.atMs * factor })),
    answers: recording.answers.map((answer) => ({ ...answer, atMs: answer.atMs * factor })),
  };
}

/** The key is `leader` in vapor's answer, and `name` in all others. */
function nameIn(answer: RecordedAnswer): unknown {
  if (!('status' in answer) || answer.status !== 200) return undefined;
  const { name, leader }: { name?: unknown; leader?: unknown } = JSON.parse(answer.body);
  return name ?? leader;
}
