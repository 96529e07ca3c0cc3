import type { Recording } from './recording.ts';

/** The default times of a service that are part of what the replays assert, as the options document them. */
export interface Timing {
  readonly leaseDurationMs: number;
  readonly maxAgeMs: number;
  readonly settleMs: number;
  readonly pollIntervalMs: number;
  readonly requestTimeoutMs: number;
}

/** Returns the times of a service with default settings that declares the lease of the recorded sidecars. */
export function timingOf({ sidecar }: Recording): Timing {
  const leaseDurationMs = sidecar === 'kkosmrli' ? 15_000 : 10_000;
  return { leaseDurationMs, maxAgeMs: 3_000, settleMs: leaseDurationMs, pollIntervalMs: 750, requestTimeoutMs: 375 };
}
