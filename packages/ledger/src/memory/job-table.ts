import { byBytes } from '../store/order.ts';
import type { JobRecord, JobSchedule, Settlement } from '../store/records.ts';

/** The jobs of one namespace, with their watermarks. */
export class JobTable {
  readonly #jobs = new Map<string, JobRecord>();

  register(schedule: JobSchedule, nowMs: number): JobRecord {
    const known = this.#jobs.get(schedule.job);
    if (known?.fingerprint === schedule.fingerprint) return known;
    const { job, fingerprint } = schedule;
    const record = { job, fingerprint, settled: new Date(nowMs), revision: (known?.revision ?? 0) + 1 };
    this.#jobs.set(job, record);
    return record;
  }

  settle({ job, revision, upTo }: Settlement): boolean {
    const known = this.#jobs.get(job);
    if (known?.revision !== revision) return false;
    this.#move(known, Math.max(known.settled.getTime(), upTo.getTime()));
    return true;
  }

  /** Makes a sweep find the slot again. */
  moveBehind(job: string, slot: Date): void {
    const known = this.#jobs.get(job);
    if (known !== undefined) this.#move(known, Math.min(known.settled.getTime(), slot.getTime() - 1));
  }

  settledMs(job: string): number | undefined {
    return this.#jobs.get(job)?.settled.getTime();
  }

  all(): JobRecord[] {
    return [...this.#jobs.values()].toSorted((a, b) => byBytes(a.job, b.job));
  }

  #move(known: JobRecord, settledMs: number): void {
    this.#jobs.set(known.job, { ...known, settled: new Date(settledMs), revision: known.revision + 1 });
  }
}
