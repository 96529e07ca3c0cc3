import { measureChecks } from './measure-checks.ts';
import { measurePush } from './measure-push.ts';
import { distributionOf, round } from './statistics.ts';

// A short run that fails at twice each goal, so that CI notices a loss of speed without judging the machine.
const { known, asked } = await measureChecks(5);
const { loneMs, secondMs } = await measurePush(15);
const check = asked['isLeader({ maxAgeMs: 0 })'].cpuNs;
const goals = [
  { what: 'CPU of a check, as a multiple of request()', is: check / asked.request.cpuNs, goal: 1.4 },
  { what: 'CPU of a check, as a multiple of fetch()', is: check / asked.fetch.cpuNs, goal: 0.55 },
  {
    what: 'CPU of a known isLeader(), as a multiple of one await and one isLeaderNow()',
    is: known['await isLeader()'].cpuNs / (known.await.cpuNs + known['isLeaderNow()'].cpuNs),
    goal: 1.2,
  },
  { what: 'ms until a lone change is known (p95)', is: distributionOf(loneMs).p95, goal: 15 },
  { what: 'ms until a second change is known (p95)', is: distributionOf(secondMs).p95, goal: 15 },
];
for (const { what, is, goal } of goals) {
  const verdict = is <= goal ? 'met' : is <= 2 * goal ? 'missed' : 'failed: more than twice the goal';
  console.log(`${what}: ${round(is)}, goal ${goal}: ${verdict}`);
  if (is > 2 * goal) process.exitCode = 1;
}
