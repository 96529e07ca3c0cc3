// `node --conditions=@cluster-leader/source test/ledger/faults/two-leaders.ts [seconds]`: two replicas lead at once for a
// minute, on each available database. It fails unless every slot ran once, and slots ran twice without a ledger.
import { startDatabases } from '../../agenda/databases.ts';
import type { Host } from './messages.ts';
import { runTwoLeaders } from './run-two-leaders.ts';

const seconds = Number(process.argv[2] ?? 60);

const databases = (await startDatabases()).filter(({ kind }) => kind !== 'MongoDB');
const traceUrl = databases.find(({ kind }) => kind === 'Postgres')?.url;
if (traceUrl === undefined) throw new Error('Without Postgres there is no table for the traces of the jobs.');

async function run({ kind, url }: (typeof databases)[number], host: Host, slots: number): Promise<object> {
  const outcome = await runTwoLeaders({ store: { kind, url }, traceUrl: traceUrl ?? '', host }, slots);
  const { missing, repeated } = outcome;
  const isAsExpected = host === 'node-cron-alone' ? repeated.length > 0 : missing.length + repeated.length === 0;
  if (!isAsExpected) process.exitCode = 1;
  const counts = { slots: outcome.slots, madeUp: outcome.madeUp, missing: missing.length, repeated: repeated.length };
  return { database: kind, host, ...counts, isAsExpected };
}

const hosts: readonly Host[] = ['node-cron', 'nestjs'];
const runs = databases.flatMap((database) => hosts.map((host) => run(database, host, seconds)));
const control = databases.slice(0, 1).map((database) => run(database, 'node-cron-alone', Math.min(seconds, 5)));
console.table(await Promise.all([...runs, ...control]));
await Promise.all(databases.map((database) => database.stop()));
