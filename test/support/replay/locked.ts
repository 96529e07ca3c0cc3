import type { LockHistory } from './lock-history.ts';
import { LONGEST_TRIP_MS } from './recorded-sidecar.ts';
import { timingOf, type Recording } from './recording.ts';
import type { Judge } from './search.ts';
import { overlaps, vacancies, without, type Span, type Timeline } from './timeline.ts';

/** While the sidecar claims a pod, the record is read after this share of the lease. */
const READ_SHARE = 0.1;
/** A record this share of its lease old confirms nobody. */
const CONFIRMING_SHARE = 0.9;

/** Returns all times at which two pods lead. */
export const twoLeadAtAll: Judge = (timeline, recording) => overlaps(timeline, recording.endMs);

/** Returns all times at which two pods lead, but for one reading of the record after an instant hand-over. */
export const twoLeadBeyondOneReading: Judge = (timeline, recording) => {
  const passedAtMs = instantHandOvers(recording);
  return overlaps(timeline, recording.endMs).filter(
    ({ fromMs, toMs }) => !passedAtMs.some((atMs) => atMs <= fromMs && toMs <= atMs + oneReadingMs(recording, atMs)),
  );
};

/** Returns all times at which a pod leads although the lock has been missing for longer than one reading. */
export const leadsWithoutLock: Judge = (timeline, recording) => {
  const { changes } = lockOf(recording);
  const present = changes.flatMap(({ atMs, record }, index): readonly Span[] => {
    const toMs = (changes[index + 1]?.atMs ?? recording.endMs) + oneReadingMs(recording);
    return record === undefined ? [] : [{ fromMs: atMs, toMs, pods: [] }];
  });
  return without(
    [{ fromMs: 0, toMs: recording.endMs, pods: [] }],
    [...present, ...vacancies(timeline, recording.endMs)],
  );
};

/**
 * Returns all times at which nobody leads with the lock record although somebody does without it, except for those at
 * which the record cannot be read in time or confirms nobody.
 */
export function needlesslyVacant(locked: Timeline, unlocked: Timeline, recording: Recording): readonly Span[] {
  const { endMs } = recording;
  const { faults } = lockOf(recording);
  const afterMs = oneReadingMs(recording);
  const unreadable = faults.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + afterMs, pods: [] }));
  const only = without(vacancies(locked, endMs), vacancies(unlocked, endMs));
  return without(only, [...unreadable, ...confirmsNobody(recording, afterMs)]);
}

/** Returns how long a change of the lock record can take to reach a service that polls it. */
export function oneReadingMs(recording: Recording, atMs?: number): number {
  const fault = lockOf(recording).faults.find(({ fromMs, toMs }) => atMs && fromMs <= atMs && atMs < toMs);
  const lateMs = fault?.does === 'answers late' ? fault.byMs : 0;
  return READ_SHARE * timingOf(recording).leaseDurationMs + LONGEST_TRIP_MS + lateMs;
}

/** Returns when the lock passed to another pod within the lease of its holder: it was deleted or released, or has no lease. */
function instantHandOvers(recording: Recording): readonly number[] {
  const { leaseDurationMs } = timingOf(recording);
  const held = lockOf(recording).changes.filter(({ record }) => record !== undefined && record.holder !== '');
  return held.flatMap(({ atMs, record }, index) => {
    const before = held[index - 1]?.record;
    if (before === undefined || before.holder === record?.holder) return [];
    return (before.renewedAtMs ?? Infinity) + leaseDurationMs > atMs ? [atMs] : [];
  });
}

/** Returns the times at which the record is missing, released or too old, each with the reading that shows its end. */
function confirmsNobody(recording: Recording, afterMs: number): readonly Span[] {
  const { changes } = lockOf(recording);
  const { leaseDurationMs } = timingOf(recording);
  const times: Span[] = [{ fromMs: 0, toMs: (changes[0]?.atMs ?? 0) + afterMs, pods: [] }];
  changes.forEach(({ atMs, record }, index) => {
    const toMs = (changes[index + 1]?.atMs ?? recording.endMs) + afterMs;
    const lapsesMs =
      record === undefined || record.holder === ''
        ? atMs
        : (record.renewedAtMs ?? Infinity) + CONFIRMING_SHARE * (record.leaseDurationMs ?? leaseDurationMs);
    if (lapsesMs < toMs - afterMs) times.push({ fromMs: lapsesMs, toMs, pods: [] });
  });
  return times;
}

function lockOf({ lock }: Recording): LockHistory {
  if (lock === undefined) throw new Error('This recording has no lock record.');
  return lock;
}
