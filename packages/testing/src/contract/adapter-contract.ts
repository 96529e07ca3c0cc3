import { invalidOption, NOT_LEADING_REASONS } from '@cluster-leader/core/adapter-kit';
import { asksOnce } from './burst-case.ts';
import { runsAgain, runsNothingAfterClose, runsOnTheLeader, skips } from './gate-cases.ts';
import { abortsTheJob, containsTheLoss } from './loss-cases.ts';
import type { MountAdapter } from './mounted-adapter.ts';

/** One promise of the contract. */
export interface ContractCase {
  /** Stays the same across releases, unlike the title. A test can use it to exclude a case that its host cannot satisfy. */
  readonly id: string;
  readonly title: string;
  /** Rejects if the adapter breaks the promise. */
  run(): Promise<void>;
}

/**
 * Returns the cases that every adapter must pass, for any test runner.
 *
 * Each case asserts outside of the jobs, so that it does not matter whether the host swallows a job's error.
 *
 * @example
 * for (const { title, run } of adapterContract(mount)) it(title, run);
 */
export function adapterContract(mount: MountAdapter): readonly ContractCase[] {
  if (typeof mount !== 'function') throw invalidOption('mount', mount, 'a function');
  const skipReasons = NOT_LEADING_REASONS.filter((reason) => reason !== 'closed');
  return [
    {
      id: 'runs',
      title: 'runs each job on the leader, within its term',
      run: () => runsOnTheLeader(mount),
    },
    ...skipReasons.map((reason) => ({
      id: `skips-${reason}`,
      title: `skips each job while it does not lead, and reports the job's name and the reason (${reason})`,
      run: () => skips(mount, reason),
    })),
    {
      id: 'aborts-on-demotion',
      title: 'aborts the signal of a running job with ERR_NOT_LEADER when leadership is lost',
      run: () => abortsTheJob(mount, (leader) => leader.demote()),
    },
    {
      id: 'aborts-on-close',
      title: 'aborts the signal of a running job with ERR_NOT_LEADER when the leader is closed',
      run: () => abortsTheJob(mount, (leader) => leader.close()),
    },
    {
      id: 'contains-loss',
      title: 'leaves no unhandled rejection when a job rejects because leadership was lost',
      run: () => containsTheLoss(mount),
    },
    {
      id: 'runs-again',
      title: 'runs again in a new term when leadership is regained',
      run: () => runsAgain(mount),
    },
    {
      id: 'asks-once',
      title: 'sends the sidecar at most one request per 100 ms for a burst of jobs',
      run: () => asksOnce(mount),
    },
    {
      id: 'closed',
      title: 'runs nothing once the leader is closed',
      run: () => runsNothingAfterClose(mount),
    },
  ];
}
