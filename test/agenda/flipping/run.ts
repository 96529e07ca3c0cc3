// `pnpm run agenda`: leadership flips for a minute on each available database, with two and with three replicas.
import { startDatabases } from '../databases.ts';
import { runFlipping, type FlippingOptions } from './flip.ts';
import { isKept } from './history.ts';

const seconds = Number(process.argv[2] ?? 60);

let isFine = true;
for (const database of await startDatabases()) {
  const { kind, url } = database;
  const run = async (replicas: number, gate: FlippingOptions['gate'], share: number): Promise<object> => {
    const durationMs = 1_000 * seconds * share;
    const outcome = await runFlipping({ kind, url, replicas, gate, durationMs, kills: gate === 'backend' });
    // The control must lose jobs; otherwise the test could not detect a loss.
    const isAsExpected = gate === 'backend' ? isKept(outcome) && outcome.kills === 1 : outcome.lost > 0;
    isFine &&= isAsExpected;
    return { database: kind, gate, replicas, seconds: durationMs / 1_000, ...outcome, isAsExpected };
  };
  // At the same time: they share the database server but no tables.
  console.table(await Promise.all([run(2, 'backend', 1), run(3, 'backend', 1), run(2, 'processor', 1 / 4)]));
  await database.stop();
}
process.exit(isFine ? 0 : 1);
