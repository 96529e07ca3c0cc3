import { toJobId, type AgendaBackend, type JobParameters, type JobRepository } from 'agenda';

/** A queue of one job, in memory, that records the calls that Agenda makes. */
export class ProbeRepository {
  /** The calls, in their order. */
  readonly calls: string[] = [];
  /** Receives each call after it was recorded. */
  onCall: (call: string) => void = () => {};
  #row: JobParameters | undefined;
  #isLocked = false;

  /** Whether the job can be taken. */
  get isFree(): boolean {
    return this.#row?.nextRunAt instanceof Date && !this.#isLocked;
  }

  /** Whether the job was saved as failed. */
  get hasFailed(): boolean {
    return this.#row?.failCount !== undefined;
  }

  /** Replaces the job by a new one that is due. */
  put(name: string): void {
    this.#row = { _id: toJobId('1'), name, type: 'normal', priority: 0, nextRunAt: new Date(0), data: {} };
  }

  /** Records a call. */
  note(call: string): void {
    this.calls.push(call);
    this.onCall(call);
  }

  async getNextJobToRun(): Promise<JobParameters | undefined> {
    if (this.#row === undefined || !this.isFree) return undefined;
    this.#isLocked = true;
    this.note('take');
    return { ...this.#row, lockedAt: new Date(Date.now() + 3_600_000) }; // later than any lock deadline
  }

  async saveJobState(state: JobParameters): Promise<void> {
    this.#row = { ...state };
    this.#isLocked = state.lockedAt !== undefined;
    this.note('save');
  }

  async unlockJob(): Promise<void> {
    this.#isLocked = false;
    this.note('unlock');
  }

  async unlockJobs(): Promise<void> {
    await this.unlockJob();
  }

  /** A backend with this repository. It records calls of unknown methods too. */
  get backend(): AgendaBackend {
    const repository = new Proxy(this, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        return typeof member === 'function' ? member.bind(target) : async () => target.note(String(key));
      },
    });
    return {
      name: 'probe',
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the proxy has a method for every name
      repository: repository as unknown as JobRepository,
      connect: async () => {},
      disconnect: async () => {},
    };
  }
}
