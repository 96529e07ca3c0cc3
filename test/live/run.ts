// Prints what each fault does to the ticks of a job, without and with the lock record: a Markdown table for the docs.
// Arguments: the sidecar to imitate (default krmcbride) and the lease in milliseconds (default 10 000).
import type { Dialect } from '@cluster-leader/testing';
import { play } from './play.ts';
import { SCENARIOS } from './scenarios.ts';

const [dialect = 'krmcbride', lease = '10000'] = process.argv.slice(2);
const leaseDurationMs = Number(lease);
const pace = { leaseDurationMs, tickMs: leaseDurationMs / 10 };

console.log(`| Fault (${dialect}) | Without: twice | Nowhere | With: twice | Nowhere |`);
console.log('| --- | --- | --- | --- | --- |');
let isSound = true;
for (const scenario of SCENARIOS) {
  const [without, withLock] = await Promise.all(
    [false, true].map((hasLock) => play(scenario, dialect as Dialect, pace, hasLock)),
  );
  if (without === undefined || withLock === undefined) throw new Error('Both were played.');
  isSound &&= withLock.twice === 0;
  console.log(`| ${scenario.name} | ${without.twice} | ${without.nowhere} | ${withLock.twice} | ${withLock.nowhere} |`);
}
process.exitCode = isSound ? 0 : 1;
