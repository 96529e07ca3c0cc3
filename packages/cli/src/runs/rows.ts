import type { RunRecord, TermRecord } from '@cluster-leader/ledger';
import { gapsBetween, type Gap } from './gaps.ts';

/** One line of the table: a run, or a time without a leader. */
export type Row = { readonly kind: 'run'; readonly run: RunRecord } | { readonly kind: 'gap'; readonly gap: Gap };

/** Puts runs and the gaps between the terms into one order, the newest first; drops gaps that ended before the oldest run. */
export function rowsOf(runs: readonly RunRecord[], terms: readonly TermRecord[]): readonly Row[] {
  const oldest = Math.min(...runs.map(({ slot }) => slot.getTime()));
  const gaps = gapsBetween(terms).filter(({ to }) => to === undefined || to.getTime() >= oldest);
  const rows: Row[] = [
    ...runs.map((run) => ({ kind: 'run', run }) as const),
    ...gaps.map((gap) => ({ kind: 'gap', gap }) as const),
  ];
  return rows.toSorted((one, other) => timeOf(other) - timeOf(one));
}

/** A gap is above the last run before it, and one without a recorded beginning below the first run after it. */
function timeOf(row: Row): number {
  if (row.kind === 'run') return row.run.slot.getTime();
  const { from, to } = row.gap;
  return (from ?? to)?.getTime() ?? 0;
}
