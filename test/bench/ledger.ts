import { measureLedger } from './measure-ledger.ts';
import type { Cost } from './side-by-side.ts';
import { round, show } from './statistics.ts';

const { one, thousand, roundTrips } = await measureLedger(9);
const byHand = one['two statements by hand'];
show('ledger: a claim and a finish on Postgres', {
  'two statements by hand': relative(byHand),
  'claim() and finish()': relative(one['claim() and finish()']),
  'one of 1 000 in a batch': relative({ ns: thousand.ns / 1_000, cpuNs: thousand.cpuNs / 1_000 }),
});
show('ledger: 1 000 jobs of one tick', { 'round trips': { is: roundTrips } });

function relative({ ns, cpuNs }: Cost): object {
  return { us: round(ns / 1_000), 'CPU us': round(cpuNs / 1_000), ratio: round(ns / byHand.ns) };
}
