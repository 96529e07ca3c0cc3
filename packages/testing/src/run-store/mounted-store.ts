import type { ClaimLimits, Holder, RunEnd, RunStore, Slot, SlotClaim } from '@cluster-leader/ledger';
import { randomUUID } from 'node:crypto';

/** Opens the store that is under test: twice for two replicas, which must share its data. `migrate()` is the contract's to call. */
export type MountRunStore = () => RunStore | Promise<RunStore>;

/** Long enough that no test comes near it. */
export const LIMITS: ClaimLimits = { aheadMs: 5_000, retentionMs: 30 * 86_400_000 };

/** Two replicas on one store, in a namespace of their own. */
export interface Rivals {
  readonly namespace: string;
  readonly ours: RunStore;
  readonly theirs: RunStore;
  readonly us: Holder;
  readonly them: Holder;
  /** An instant some minutes before the store's now, in whole seconds; each is one minute earlier than the one before. */
  readonly at: (index: number) => Date;
}

/** Opens the store for two replicas, passes them to `use`, and closes both. */
export async function withRivals(mount: MountRunStore, use: (rivals: Rivals) => Promise<void>): Promise<void> {
  const namespace = `contract-${randomUUID()}`;
  const ours = await mount();
  try {
    const theirs = await mount();
    try {
      await Promise.all([ours.migrate(), theirs.migrate()]);
      const us = newHolder(namespace, 'pod-a');
      const { now } = await ours.beat(newHolder(namespace, 'pod-clock'), 60_000);
      const firstMs = Math.floor(now.getTime() / 1_000) * 1_000 - 60_000;
      const at = (index: number): Date => new Date(firstMs - index * 60_000);
      await use({ namespace, ours, theirs, us, them: newHolder(namespace, 'pod-b'), at });
    } finally {
      await theirs.close();
    }
  } finally {
    await ours.close();
  }
}

export function newHolder(namespace: string, pod: string): Holder {
  return { id: randomUUID(), namespace, pod };
}

export function claimOf(job: string, slot: Date, more: Partial<SlotClaim> = {}): SlotClaim {
  return { job, slot, madeUp: false, ...more };
}

export function endOf({ job, slot }: Slot, more: Partial<RunEnd> = {}): RunEnd {
  return { job, slot, attempt: 1, state: 'succeeded', ...more };
}
