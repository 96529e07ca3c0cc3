import {
  ClusterLeaderService,
  type ClusterLeaderOptions,
  type LockRecordReader,
  type Transport,
} from '@cluster-leader/core';
import { uidOf } from './lock-history.ts';
import { RecordedLock } from './recorded-lock.ts';
import type { RecordedSidecar } from './recorded-sidecar.ts';
import type { MakeCandidate } from './replay.ts';

/** Alters what the service receives from its pod's sidecar, so that it acts as if it made that mistake itself. */
export type Mistake = (pod: string, sidecar: RecordedSidecar) => Transport['request'];

/** Makes the real service of each pod, with retries, time limits and circuit breaker; only HTTP is replaced. */
export function services(options: ClusterLeaderOptions = {}, mistake?: Mistake): MakeCandidate {
  return (pod, sidecar) => newService(pod, sidecar, options, mistake?.(pod, sidecar));
}

/** How a service reads the lock record. The recorded one has a watch; without one, it is polled alone. */
export type Reading = (lock: RecordedLock, pod: string) => LockRecordReader;

export const polled: Reading = (lock) => ({ read: (signal) => lock.read(signal), close: () => lock.close() });
export const watched: Reading = (lock) => lock;

/** Makes the real service of each pod with the recorded lock record. */
export function lockedServices(reading: Reading = polled, options: ClusterLeaderOptions = {}): MakeCandidate {
  return (pod, sidecar) => {
    const { lock } = sidecar.recording;
    if (lock === undefined) throw new Error('This recording has no lock record.');
    const lockRecord = reading(new RecordedLock(lock, pod), pod);
    process.env['MY_POD_UID'] = uidOf(pod); // read only when the service is made, which all pods of a replay do in one process
    try {
      return newService(pod, sidecar, { lockRecord, ...options });
    } finally {
      delete process.env['MY_POD_UID'];
    }
  };
}

/** Starts the service of one pod, with the lease of its recorded sidecar unless the options set another. */
export function newService(
  pod: string,
  sidecar: RecordedSidecar,
  options: ClusterLeaderOptions = {},
  request: Transport['request'] = (signal) => sidecar.request(signal),
): ClusterLeaderService {
  const { leaseDurationMs } = sidecar.timing;
  const service = new ClusterLeaderService(
    { identity: pod, mode: 'sidecar', eventsUrl: false, logger: {}, leaseDurationMs, ...options },
    { request, close: () => sidecar.close() },
  );
  void service.start();
  return service;
}
