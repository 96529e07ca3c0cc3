import { emitWarning } from '@cluster-leader/core/adapter-kit';
import type { JobId, JobParameters, JobRepository } from 'agenda';
import type { WakeableChannel } from '../gate/wakeable-channel.ts';
import { takeOf, type Take } from './take.ts';

/** The jobs that are locked by this process and have not begun; gives them back to the queue. */
export class HeldJobs {
  readonly #repository: JobRepository;
  readonly #channel: WakeableChannel;
  /**
   * All that Agenda has in memory and has not begun. This includes jobs that were given back: when Agenda stops it asks
   * to unlock them too, but another replica may have locked them by then.
   */
  readonly #takes = new Set<Take>();
  #givingBack: Promise<unknown> = Promise.resolve();

  constructor(repository: JobRepository, channel: WakeableChannel) {
    this.#repository = repository;
    this.#channel = channel;
  }

  add(take: Take): void {
    this.#takes.add(take);
  }

  /** Removes a job that has begun or that Agenda has dropped from memory. */
  remove(take: Take): void {
    this.#takes.delete(take);
  }

  /** Gives back all held jobs for which `isMeant` is true, and resolves with how many are free again. */
  async giveBackAll(isMeant: (take: Take) => boolean = () => true): Promise<number> {
    const takes = [...this.#takes].filter((take) => take.state.is === 'held' && isMeant(take));
    const given = Promise.all(takes.map((take) => this.#free(take, true)));
    this.#givingBack = Promise.all([this.#givingBack, given]);
    const isFree = await given;
    return isFree.filter(Boolean).length;
  }

  /**
   * Gives back one job.
   *
   * `announces` is false if this replica cannot run the job although it leads: it receives announcements too, and would
   * take the job again at once.
   */
  async giveBack(take: Take, { announces }: { readonly announces: boolean }): Promise<void> {
    this.remove(take);
    await this.#free(take, announces);
  }

  /** Unlocks one job for Agenda, which has taken it too early or holds as many as it may. */
  async unlock(attrs: JobParameters): Promise<void> {
    const take = takeOf(attrs);
    if (take === undefined) return this.#repository.unlockJob(attrs);
    this.remove(take);
    if (take.state.is === 'held') await this.#free(take, false);
  }

  /** Unlocks all jobs for an Agenda that stops, except those that were given back before. */
  async unlockAll(ids: (JobId | string)[]): Promise<void> {
    const asked = new Set(ids.map(String));
    const mine = new Set(Array.from(this.#takes, ({ id }) => id));
    const others = ids.filter((id) => !mine.has(String(id)));
    await this.giveBackAll(({ id }) => asked.has(id));
    await this.#givingBack;
    for (const take of this.#takes) if (take.state.is === 'returned') this.#takes.delete(take);
    if (others.length > 0) await this.#repository.unlockJobs(others);
  }

  /** Resolves when every `giveBackAll()` called so far is done. */
  async settled(): Promise<void> {
    await this.#givingBack;
  }

  /** Resolves with whether the job is free. Its lock is left alone if it has expired: it may belong to another replica. */
  async #free(take: Take, announces: boolean): Promise<boolean> {
    const isUntouched = take.state.is === 'held' && take.row.nextRunAt !== null;
    take.state = { is: 'returned' };
    if (take.isExpired) return false;
    try {
      if (isUntouched) await this.#repository.unlockJob(take.row);
      else await this.#repository.saveJobState(take.rowAsItWas, undefined);
      if (announces) await this.#channel.announce(take.row);
      return true;
    } catch (error) {
      const job = `${take.row.name} (${take.id})`;
      emitWarning(
        `Could not give back the job ${job}; it stays locked until its lockLifetime has passed: ${String(error)}`,
      );
      return false;
    }
  }
}
