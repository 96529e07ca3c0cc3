import type { ClusterLeader } from '@cluster-leader/core';
import type { JobParameters, JobRepository } from 'agenda';
import type { HeldJobs } from './held-jobs.ts';
import { leads } from './leads.ts';
import { Take, type RunGate } from './take.ts';

/** The arguments of `JobRepository.getNextJobToRun`. */
export type NextQuery = Parameters<JobRepository['getNextJobToRun']>;

/** Queries the repository for the next job, and gives back what arrives too late to run here. */
export class Intake {
  readonly #repository: JobRepository;
  readonly #leader: ClusterLeader;
  readonly #held: HeldJobs;
  readonly #gate: RunGate;
  readonly #queries = new Set<Promise<unknown>>();
  /** Counts how often an Agenda has stopped. It would not run what its in-flight queries return. */
  #stops = 0;
  isPaused = false;

  constructor(repository: JobRepository, leader: ClusterLeader, held: HeldJobs, gate: RunGate) {
    this.#repository = repository;
    this.#leader = leader;
    this.#held = held;
    this.#gate = gate;
  }

  /** Locks the next job, and resolves with its row; undefined if there is none or this replica may no longer run it. */
  async take(query: NextQuery, isLeaderOnly: boolean): Promise<JobParameters | undefined> {
    const taking = this.#take(query, isLeaderOnly);
    this.#queries.add(taking);
    try {
      return await taking;
    } finally {
      this.#queries.delete(taking);
    }
  }

  /** Makes in-flight queries give back what they find. */
  discardInFlight(): void {
    this.#stops += 1;
  }

  /** Resolves when no query is in flight and nothing is left to give back. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#queries);
    await this.#held.settled();
  }

  async #take(query: NextQuery, isLeaderOnly: boolean): Promise<JobParameters | undefined> {
    const [, , lockDeadline] = query;
    const askedAtMs = Date.now();
    const stops = this.#stops;
    const row = await this.#repository.getNextJobToRun(...query);
    if (row === undefined) return undefined;
    const take = new Take(this.#gate, row, isLeaderOnly, lockDeadline, askedAtMs);
    if (this.#stops === stops && !this.isPaused && (!isLeaderOnly || leads(this.#leader))) {
      this.#held.add(take);
      return take.stampedRow;
    }
    await this.#held.giveBack(take, { announces: true });
    return undefined;
  }
}
