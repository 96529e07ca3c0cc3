import { measureChecks } from './measure-checks.ts';
import { round, show } from './statistics.ts';

const { known, asked, burst } = await measureChecks(15);
show('check: a known standing', relativeTo('isLeaderNow()', known));
show('check: one request to the sidecar after another', relativeTo('request', asked));
show('check: 10 000 jobs of one tick at once', {
  'isLeader({ maxAgeMs: 0 })': {
    'took ms': round(burst.tookMs),
    'requests, a poll may be among them': burst.requests,
  },
});

function relativeTo<Name extends string>(
  base: Name,
  costs: Readonly<Record<Name, { readonly ns: number; readonly cpuNs: number }>>,
): Readonly<Record<string, object>> {
  const rows = Object.entries<{ readonly ns: number; readonly cpuNs: number }>(costs).map(([name, { ns, cpuNs }]) => [
    name,
    { 'ns each': round(ns), 'CPU ns each': round(cpuNs), 'CPU ratio': round(cpuNs / costs[base].cpuNs) },
  ]);
  return Object.fromEntries(rows);
}
