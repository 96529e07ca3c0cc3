import { toJobId, type AgendaBackend, type JobParameters, type JobRepository } from 'agenda';

/** A queue of one job, in memory, that writes down what Agenda calls. */
export class ProbeRepository {
  /** What was called, in its order. */
  readonly calls: string[] = [];
  /** Called at each call. */
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

  put(name: string): void {
    this.#row = { _id: toJobId('1'), name, type: 'normal', priority: 0, nextRunAt: new Date(0), data: {} };
  }

  note(call: string): void {
    this.calls.push(call);
    this.onCall(call);
  }

  async getNextJobToRun(): Promise<JobParameters | undefined> {
    if (this.#row === undefined || !this.isFree) return undefined;
    this.#isLocked = true;
    this.note('take');
    return { ...this.#row, lockedAt: new Date(Date.now() + 3_600_000) }; // it never expires
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

  /** A backend with this repository. A call of anything else is noted as well. */
  get backend(): AgendaBackend {
    const repository = new Proxy(this, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        return typeof member === 'function' ? member.bind(target) : async () => target.note(String(key));
      },
    });
    return {
      name: 'probe',
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it answers to every name
      repository: repository as unknown as JobRepository,
      connect: async () => {},
      disconnect: async () => {},
    };
  }
}
