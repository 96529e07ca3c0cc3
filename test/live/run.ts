// Prints what each fault does to the ticks of a job, without and with the lock record: a Markdown table for the docs.
// Arguments: the sidecar to imitate (default krmcbride), and the lease in milliseconds (default 10 000).
import { play, type Outcome } from './play.ts';
import { SCENARIOS } from './scenarios.ts';

const DIALECTS = ['krmcbride', 'leader-elector', 'leader-elector-head', 'kkosmrli', 'vapor'] as const;
/** So many scenarios at a time: each has two elections, whose twelve processes mostly wait. */
const AT_ONCE = 3;

const [name = 'krmcbride', lease = '10000'] = process.argv.slice(2);
const dialect = DIALECTS.find((one) => one === name);
if (dialect === undefined) throw new Error(`The sidecar is one of ${DIALECTS.join(', ')}.`);
const leaseDurationMs = Number(lease);
const pace = { leaseDurationMs, tickMs: leaseDurationMs / 10 };

const rows = new Map<string, readonly [without: Outcome, withLock: Outcome]>();
const waiting = [...SCENARIOS];
await Promise.all(Array.from({ length: AT_ONCE }, playTheRest));

console.log(
  `| Fault (${dialect}, lease of ${leaseDurationMs} ms) | Twice, without | Nowhere | Twice, with | Nowhere |`,
);
console.log('| --- | --- | --- | --- | --- |');
for (const { name: fault } of SCENARIOS) {
  const [without, withLock] = rows.get(fault) ?? [];
  console.log(`| ${fault} | ${without?.twice} | ${without?.nowhere} | ${withLock?.twice} | ${withLock?.nowhere} |`);
}
if ([...rows.values()].some(([, withLock]) => withLock.twice > 0)) process.exitCode = 1;

async function playTheRest(): Promise<void> {
  for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
    const [without, withLock] = await Promise.all([
      play(scenario, dialect ?? 'krmcbride', pace, false),
      play(scenario, dialect ?? 'krmcbride', pace, true),
    ]);
    rows.set(scenario.name, [without, withLock]);
    console.error(`${scenario.name}: ${without.twice} twice without the lock record, ${withLock.twice} with it`);
  }
}
