import type { RecordedSidecar } from '../support/replay/recorded-sidecar.ts';
import type { Candidate, MakeCandidate } from '../support/replay/replay.ts';

interface Habits {
  /** What the client decides after an error. */
  readonly onError: 'keep the last value' | 'leader' | 'follower';
  /** Most such clients have no limit beside that of their HTTP library. */
  readonly timeoutMs?: number;
}

/** Makes clients as people write them: ask every second, compare the name, decide something on errors. */
export function handWritten(habits: Habits): MakeCandidate {
  return (pod, sidecar) => new HandWrittenClient(pod, sidecar, habits);
}

class HandWrittenClient implements Candidate {
  readonly #pod: string;
  readonly #sidecar: RecordedSidecar;
  readonly #habits: Habits;
  readonly #interval: NodeJS.Timeout;
  #isLeader = false;

  constructor(pod: string, sidecar: RecordedSidecar, habits: Habits) {
    this.#pod = pod;
    this.#sidecar = sidecar;
    this.#habits = habits;
    this.#interval = setInterval(() => void this.#poll(), 1_000);
  }

  isLeaderNow(): boolean {
    return this.#isLeader;
  }

  close(): void {
    clearInterval(this.#interval);
    this.#isLeader = false;
  }

  async #poll(): Promise<void> {
    const { onError, timeoutMs } = this.#habits;
    const controller = new AbortController();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(), timeoutMs);
    try {
      const { body } = await this.#sidecar.request(controller.signal);
      const { name, leader }: { name?: string; leader?: string } = JSON.parse(body);
      this.#isLeader = (name ?? leader) === this.#pod;
    } catch {
      if (onError !== 'keep the last value') this.#isLeader = onError === 'leader';
    } finally {
      clearTimeout(timer);
    }
  }
}
