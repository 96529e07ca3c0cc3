import type { Instant } from '../belief/clock.ts';
import type { Verdict } from '../belief/verdict.ts';

/** Where a {@link Leader} learns how this pod stands: from the sidecar, from a constant, or from a test. */
export interface LeadershipSource {
  /** Judges what is known at `now`, without I/O. */
  judge(now: Instant): Verdict;
  /**
   * Begins to watch if it has not begun. `onChange` is called whenever the judgement may have changed, with the present
   * time if the source has just read it.
   */
  watch(onChange: (now?: Instant) => void): void;
  /**
   * Tries to learn something no older than `maxAgeMs`, by default than what is believed at all. It resolves in bounded
   * time whether or not it could, and rejects only with the reason of `signal`.
   */
  check(maxAgeMs: number | undefined, signal?: AbortSignal): Promise<void>;
  /** The fencing token of a term that begins now, if the source knows one. */
  fencingToken?(): bigint | undefined;
  /** What the leader's `status()` shows in addition. */
  status(): object;
  /** Releases timers and sockets. May be called again. */
  close(): Promise<void>;
}
