import type { RunStore } from '@cluster-leader/ledger';
import { rowsOf } from './rows.ts';
import type { RunsOptions } from './runs-options.ts';
import { jsonLine, table } from './table.ts';

/** More terms than that between the shown runs would hide them. */
const MOST_TERMS = 1_000;

/** Resolves with the lines that `runs` prints: a table, or a line of JSON for each run and each gap. Writes nothing to the store. */
export async function showRuns(
  store: Pick<RunStore, 'runs' | 'terms'>,
  { namespace, query, asJson }: RunsOptions,
): Promise<readonly string[]> {
  const [runs, terms] = await Promise.all([
    store.runs(namespace, query),
    store.terms(namespace, { limit: MOST_TERMS }),
  ]);
  const rows = rowsOf(runs, terms);
  if (asJson) return rows.map(jsonLine);
  return runs.length === 0 ? [`no runs in namespace ${namespace}`] : table(rows);
}
