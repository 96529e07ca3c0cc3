import { existsSync, readFileSync } from 'node:fs';
import type { LockRecord } from '@cluster-leader/core';

const FOLDER = new URL('../../recordings/lock-records/', import.meta.url);

/** What happened to a lock object and to the paths on which apps read it, on the clock of its recording. */
export interface LockHistory {
  readonly changes: readonly LockChange[];
  readonly faults: readonly ApiFault[];
}

/** The lock object from `atMs` on; no record means that it does not exist. */
export interface LockChange {
  readonly atMs: number;
  readonly record: TimedRecord | undefined;
}

/** A record whose renewal is a time of the recording instead of a date. */
export interface TimedRecord extends Omit<LockRecord, 'renewedAt'> {
  readonly renewedAtMs: number | undefined;
}

/** What happens between two times to readings of one pod's app, or of all. */
export type ApiFault = { readonly fromMs: number; readonly toMs: number; readonly pod?: string | undefined } & (
  | { readonly does: 'refuses' | 'hangs' }
  | { readonly does: 'answers late'; readonly byMs: number }
);

/** One entry of `test/recordings/lock-records/*.json`; a key that is absent has the value of the entry before. */
interface Entry {
  readonly atMs: number;
  readonly event?: 'ADDED' | 'DELETED';
  readonly holder: string;
  readonly renewTime?: string;
  readonly leaseDurationMs: number;
  readonly resourceVersion: string;
  readonly uid: string;
}

interface Mark {
  readonly atMs: number;
  readonly event: string;
}

/** Reads the lock's history of a recording; undefined for the older ones, which have none. */
export function readLockHistory(name: string, marks: readonly Mark[]): LockHistory | undefined {
  const file = new URL(`${name}.json`, FOLDER);
  if (!existsSync(file)) return undefined;
  const { changes: entries }: { changes: readonly Entry[] } = JSON.parse(readFileSync(file, 'utf8'));
  const written = changesOf(entries);
  const lost = marks.filter(({ event }) => event.includes('etcd data lost'));
  const changes = [...written, ...lost.map(({ atMs }) => ({ atMs, record: undefined }))];
  return {
    changes: changes.toSorted((one, other) => one.atMs - other.atMs),
    faults: marks.flatMap((mark) => faultsAt(mark, marks, written)),
  };
}

/** Returns the same history on a clock that reads 0 at `fromMs`. */
export function shiftLock({ changes, faults }: LockHistory, fromMs: number): LockHistory {
  return {
    changes: changes.map(({ atMs, record }) => ({
      atMs: atMs - fromMs,
      record: record && shiftRecord(record, fromMs),
    })),
    faults: faults.map((fault) => ({ ...fault, fromMs: fault.fromMs - fromMs, toMs: fault.toMs - fromMs })),
  };
}

/** Returns the record as it was at `atMs`. */
export function recordAt({ changes }: Pick<LockHistory, 'changes'>, atMs: number): TimedRecord | undefined {
  return changes.findLast((change) => change.atMs <= atMs)?.record;
}

/** Returns the changes of holder or object, which a watch reports. */
export function handOversOf({ changes }: LockHistory): readonly LockChange[] {
  return changes.filter(({ record }, index) => {
    const before = changes[index - 1]?.record;
    return record?.uid !== before?.uid || record?.holder !== before?.holder;
  });
}

function shiftRecord(record: TimedRecord, fromMs: number): TimedRecord {
  const { renewedAtMs } = record;
  return { ...record, renewedAtMs: renewedAtMs === undefined ? undefined : renewedAtMs - fromMs };
}

function changesOf(entries: readonly Entry[]): readonly LockChange[] {
  // No renewal can be later than when it was seen, so the fastest one tells when the recording began.
  const beganAtMs = Math.max(
    ...entries.flatMap(({ atMs, renewTime }) => (renewTime ? [Date.parse(renewTime) - atMs] : [])),
  );
  let present: Entry | undefined;
  return entries.map((entry) => {
    const whole: Entry = entry.event === 'ADDED' ? entry : { ...present, ...entry };
    present = whole;
    if (entry.event === 'DELETED') return { atMs: entry.atMs, record: undefined };
    const { atMs, holder, renewTime, leaseDurationMs, resourceVersion, uid } = whole;
    const renewedAtMs = renewTime === undefined ? undefined : Date.parse(renewTime) - beganAtMs;
    const lease = leaseDurationMs === 0 ? {} : { leaseDurationMs };
    // The recorded sidecar that never renews makes the holder's pod the owner, whose uid was not recorded.
    const owner = renewTime === undefined && holder !== '' ? { ownerUid: uidOf(holder) } : {};
    return { atMs, record: { holder, renewedAtMs, version: BigInt(resourceVersion), uid, ...lease, ...owner } };
  });
}

/** Returns the uid that the replay gives to the object of a pod. */
export function uidOf(pod: string): string {
  return `uid of ${pod}`;
}

function faultsAt(mark: Mark, marks: readonly Mark[], changes: readonly LockChange[]): readonly ApiFault[] {
  const { atMs: fromMs, event } = mark;
  const next = (ends: RegExp): number =>
    marks.find(({ atMs, event: other }) => atMs > fromMs && ends.test(other))?.atMs ?? Infinity;
  if (event.includes('etcd data lost')) return [{ fromMs, toMs: next(/tokens new/), does: 'refuses' }];
  if (event.includes('API server killed')) {
    // The server answers a little before it is ready: the watch of the recording is the first to notice.
    const seenMs = changes.find(({ atMs }) => atMs > fromMs)?.atMs ?? Infinity;
    return [{ fromMs, toMs: Math.min(seenMs, next(/API server ready/)), does: 'refuses' }];
  }
  const [, seconds] = /each answer (\d) s late/.exec(event) ?? [];
  if (seconds !== undefined && !event.includes('for the leader alone')) {
    return [{ fromMs, toMs: next(/(?:)/), does: 'answers late', byMs: 1_000 * Number(seconds) }];
  }
  if (event.includes('black-hole sidecar and app')) {
    const [pod = recordAt({ changes }, fromMs)?.holder] = /pod-\d/.exec(event) ?? [];
    return [{ fromMs, toMs: next(/healed/), pod, does: 'hangs' }];
  }
  return [];
}
