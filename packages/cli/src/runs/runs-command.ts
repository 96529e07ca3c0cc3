import { openStore } from '../run-store/open-store.ts';
import { storeError } from '../run-store/store-error.ts';
import { readRunsOptions } from './runs-options.ts';
import { showRuns } from './show-runs.ts';

/** `cluster-leader runs`: prints the runs that the ledger recorded, and resolves with exit code 0. */
export async function runs(args: readonly string[]): Promise<number> {
  const options = readRunsOptions(args);
  const opened = await openStore();
  try {
    const lines = await showRuns(opened.store, options);
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  } catch (error) {
    throw storeError(error);
  } finally {
    await opened.close();
  }
  return 0;
}
