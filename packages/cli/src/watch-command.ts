import { readOptions } from './command-line.ts';
import { leaderService } from './leader-service.ts';
import { inWords, reportOf, saysTheSame, type StandingReport } from './standing-report.ts';
import { untilSignals } from './ending-signals.ts';

/** How often the name of the leader is looked up among what is known; it costs no request. */
const LOOK_MS = 100;

/** `cluster-leader watch`: a line for each change of the standing or of the leader's name, until a signal ends it. */
export async function watch(args: readonly string[]): Promise<number> {
  const values = readOptions(args, { json: { type: 'boolean' }, lease: { type: 'string' } });
  const leader = leaderService(values.lease, { push: true });
  let told: StandingReport | undefined;
  const look = (): void => {
    const report = reportOf(leader.status(), new Date());
    if (saysTheSame(told, report)) return;
    told = report;
    process.stdout.write(`${values.json === true ? JSON.stringify(report) : `${report.at} ${inWords(report)}`}\n`);
  };
  const { first: over } = untilSignals();
  await leader.start();
  look();
  const unlisten = leader.on('standing', look);
  const looking = setInterval(look, LOOK_MS);
  await over;
  clearInterval(looking);
  unlisten();
  await leader.close();
  return 0;
}
