import { currentTerm } from '@cluster-leader/core';
import { EveryReplica, LeaderCron, LeaderInterval, LeaderOnly, OnElected } from '@cluster-leader/nestjs';
import { Injectable, Logger } from '@nestjs/common';
import { Cron, Interval } from '@nestjs/schedule';

/** Three jobs that run on the leader only, and one that runs on every replica. */
@Injectable()
export class Jobs {
  readonly #logger = new Logger('Jobs');

  @LeaderCron('* * * * * *', { name: 'bill' })
  bill(): void {
    const term = currentTerm();
    term.assertLeader(); // immediately before the side effect
    this.#logger.log(`billed in term ${term.number}`);
  }

  @LeaderInterval('sweep', 2_500)
  async sweep(): Promise<void> {
    const { signal } = currentTerm(); // pass it to everything that the job awaits
    if (!signal.aborted) this.#logger.log('swept');
  }

  @Cron('*/5 * * * * *')
  @LeaderOnly({ onSkip: ({ reason }) => new Logger('Jobs').debug(`no report: ${reason}`) })
  report(): void {
    this.#logger.log('reported');
  }

  @Interval(5_000)
  @EveryReplica()
  refresh(): void {
    this.#logger.log('refreshed the cache of this replica');
  }

  @OnElected()
  elected(): void {
    this.#logger.log('this replica leads now');
  }
}
