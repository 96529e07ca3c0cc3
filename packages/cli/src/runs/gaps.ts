import type { TermRecord } from '@cluster-leader/ledger';

/** A time in which an election had no leader, as far as the recorded terms show. */
export interface Gap {
  readonly election: string;
  /** When the last term before it ended; undefined if its end was never recorded, as when the leader was killed. */
  readonly from: Date | undefined;
  /** When the next term began; undefined if there is none yet. */
  readonly to: Date | undefined;
  /** The pod of the last term before it. */
  readonly after: string;
  /** Why that term ended. */
  readonly reason?: string | undefined;
}

/** Returns the times without a leader between the terms of each election, the oldest first. */
export function gapsBetween(terms: readonly TermRecord[]): readonly Gap[] {
  const elections = Map.groupBy(terms, ({ election }) => election);
  return [...elections.values()].flatMap((ofElection) =>
    gapsOf(ofElection.toSorted((one, other) => one.from.getTime() - other.from.getTime())),
  );
}

function gapsOf(terms: readonly TermRecord[]): readonly Gap[] {
  const gaps: Gap[] = [];
  let last: TermRecord | undefined;
  for (const term of terms) {
    if (last !== undefined && (last.to === undefined || last.to < term.from)) gaps.push(gapAfter(last, term.from));
    // Terms of different pods may overlap: there is a leader until the last of them has ended.
    if (last?.to === undefined || term.to === undefined || term.to > last.to) last = term;
  }
  // Without an end, the last term lasts, or its pod was killed: the terms cannot tell.
  if (last?.to !== undefined) gaps.push(gapAfter(last, undefined));
  return gaps;
}

function gapAfter({ election, to: from, pod: after, reason }: TermRecord, to: Date | undefined): Gap {
  return { election, from, to, after, reason };
}
