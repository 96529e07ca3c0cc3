import { readOptions } from '../command-line/read-options.ts';
import { leaderService } from '../leader-service.ts';
import { inWords, reportOf, isSameReport, type StandingReport } from './standing-report.ts';
import { untilEndingSignal } from '../processes/received-signals.ts';

/** How often the known name of the leader is compared with the reported one; it costs no request. */
const LOOK_MS = 100;

/** `cluster-leader watch`: a line for each change of the standing or of the leader's name, until a signal ends it. */
export async function watch(args: readonly string[]): Promise<number> {
  const values = readOptions(args, { json: { type: 'boolean' }, lease: { type: 'string' } });
  const leader = leaderService(values.lease, { push: true });
  let reported: StandingReport | undefined;
  const look = (): void => {
    const report = reportOf(leader.status(), new Date());
    if (isSameReport(reported, report)) return;
    reported = report;
    process.stdout.write(`${values.json === true ? JSON.stringify(report) : `${report.at} ${inWords(report)}`}\n`);
  };
  const over = untilEndingSignal();
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
