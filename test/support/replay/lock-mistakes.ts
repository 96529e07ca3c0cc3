import type { LockRecord } from '@cluster-leader/core';
import { uidOf } from './lock-history.ts';
import type { RecordedLock } from './recorded-lock.ts';
import type { Reading } from './services.ts';

/**
 * Mistakes that the lock rules prevent. A control makes one of them by altering what the service reads, so that the
 * assertion about the real service is seen to fail.
 */

type Read = (signal: AbortSignal) => Promise<LockRecord | undefined>;

/** The holder in the record is ignored, so that only its age counts. */
export const holderIsIgnored: Reading = (lock, pod) =>
  reading(
    lock,
    altered(lock, (record) => ({ ...record, holder: pod })),
  );

/** A record confirms for this many leases instead of 0.9. */
export function confirmingFor(leases: number): Reading {
  return (lock) =>
    reading(
      lock,
      altered(lock, (record) => {
        const { leaseDurationMs } = record;
        return leaseDurationMs === undefined
          ? record
          : { ...record, leaseDurationMs: (leases / 0.9) * leaseDurationMs };
      }),
    );
}

/** A question that is not answered within 2 s, or fails, counts like the last reading again, with a renewal of now. */
export const failuresConfirm: Reading = (lock) => {
  let last: LockRecord | undefined;
  return reading(lock, async (signal) => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), 2_000);
    try {
      last = await lock.read(AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      if (last === undefined) throw error;
      last = renewed(last);
    } finally {
      clearTimeout(timer);
    }
    return last;
  });
};

/** The record is read once for each claim, and confirms it from then on. */
export const onlyTheFirstReadingCounts: Reading = (lock) => {
  let first: Promise<LockRecord | undefined> | undefined;
  return {
    read: async (signal) => {
      first ??= lock.read(signal);
      const record = await first;
      return record && renewed(record);
    },
    watch: () => () => {
      first = undefined; // the claim has ended
    },
    close: () => lock.close(),
  };
};

/** Only one question is asked at a time, so that a slow answer delays the next one. */
export const oneQuestionAtATime: Reading = (lock) => {
  let isAsking = false;
  return reading(lock, async (signal) => {
    if (isAsking) return unanswered(signal);
    isAsking = true;
    try {
      return await lock.read(signal);
    } finally {
      isAsking = false;
    }
  });
};

/** An object that does not exist counts as unreadable. */
export const missingIsNoNews: Reading = (lock) =>
  reading(lock, async (signal) => {
    const record = await lock.read(signal);
    if (record === undefined) throw new Error('404');
    return record;
  });

/** The answer that arrives last counts, even if it is one to an older question. */
export const orderedByArrival: Reading = (lock) => {
  let questions = 0;
  let newest = 0;
  let late: LockRecord | undefined;
  return reading(lock, async (signal) => {
    const question = (questions += 1);
    const arrived = late;
    late = undefined;
    if (arrived !== undefined) return arrived;
    const record = await lock.read(signal);
    if (question < newest) late = record;
    newest = Math.max(newest, question);
    return record;
  });
};

/** What was read during the last claim confirms the next one until that is read. */
export const lastClaimConfirms: Reading = (lock) => {
  let before: LockRecord | undefined;
  let last: LockRecord | undefined;
  return {
    read: async (signal) => {
      const remembered = before;
      before = undefined;
      if (remembered !== undefined) return remembered;
      last = await lock.read(signal);
      return last;
    },
    watch: () => () => {
      before = last; // the claim has ended
    },
    close: () => lock.close(),
  };
};

/** Only the time in the record counts, not when this version of it was seen first. */
export const onlyTheTimeInTheRecordCounts: Reading = (lock) =>
  reading(
    lock,
    altered(lock, (record) => ({ ...record, uid: String(newVersion()) })),
  );

/** Only the time at which this version was seen first counts. */
export const onlyTheFirstSightCounts: Reading = (lock) =>
  reading(
    lock,
    altered(lock, (record) => ({ ...record, renewedAt: new Date() })),
  );

/** The owner of a record that is never renewed is ignored. */
export const ownerIsIgnored: Reading = (lock, pod) =>
  reading(
    lock,
    altered(lock, (record) => ({ ...record, ownerUid: uidOf(pod) })),
  );

function unanswered(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Returns the record as if it had been renewed just now. */
function renewed(record: LockRecord): LockRecord {
  const now = record.renewedAt === undefined ? {} : { renewedAt: new Date() };
  return { ...record, ...now, version: newVersion() };
}

function newVersion(): bigint {
  return BigInt(Math.ceil(1_000 * performance.now()));
}

function altered(lock: RecordedLock, alter: (record: LockRecord) => LockRecord): Read {
  return async (signal) => {
    const record = await lock.read(signal);
    return record && alter(record);
  };
}

function reading(lock: RecordedLock, read: Read): ReturnType<Reading> {
  return { read, close: () => lock.close() };
}
