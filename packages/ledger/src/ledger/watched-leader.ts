import type { ClusterLeader } from '@cluster-leader/core';
import type { Sweeper } from '../catch-up/sweeper.ts';
import type { Notes } from '../notes/notes.ts';

/** Sweeps when a leader is elected, and notes its terms and what its gates skip; returns a function that ends it. */
export function watchLeader(
  leader: ClusterLeader,
  sweeper: Sweeper,
  notes: Notes,
  isJob: (name: string) => boolean,
): () => void {
  const ends = [
    leader.on('elected', ({ term }) => {
      notes.termBegan(leader, term);
      sweeper.sweepSoon();
    }),
    leader.on('demoted', ({ term, reason }) => notes.termEnded(term, reason)),
    leader.on('skipped', ({ name, reason }) => {
      if (name !== undefined && isJob(name)) notes.skipped(name, reason);
    }),
  ];
  const { term } = leader;
  if (term !== undefined) notes.termBegan(leader, term);
  return () => {
    for (const end of ends) end();
  };
}
