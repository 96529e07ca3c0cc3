// The long run: leadership flips for a minute on each database that is there, with two and with three replicas.
import { KINDS, startDatabase } from './databases.ts';
import { runFlipping, type FlippingOptions } from './flipping.ts';
import type { Outcome } from './history.ts';

const seconds = Number(process.argv[2] ?? 60);

/** Whether every job was done, and by whom it may be. */
function isFine({ once, retried, jobs, onFollowers }: Outcome): boolean {
  return jobs > 0 && once + retried === jobs && onFollowers === 0;
}

let allFine = true;
for (const kind of KINDS) {
  const database = await startDatabase(kind);
  if (database === undefined) continue;
  const run = async (replicas: number, gate: FlippingOptions['gate'], share: number): Promise<object> => {
    const durationMs = 1_000 * seconds * share;
    const outcome = await runFlipping({
      kind,
      url: database.url,
      replicas,
      gate,
      durationMs,
      kills: gate === 'backend',
    });
    // The control must fail, or the test could not.
    const isAsPromised = gate === 'backend' ? isFine(outcome) : outcome.lost > 0;
    allFine &&= isAsPromised;
    return { database: kind, gate, replicas, seconds: durationMs / 1_000, ...outcome, isAsPromised };
  };
  // Side by side: they share the database and nothing in it.
  console.table(await Promise.all([run(2, 'backend', 1), run(3, 'backend', 1), run(2, 'processor', 1 / 4)]));
  await database.stop();
}
process.exitCode = allFine ? 0 : 1;
