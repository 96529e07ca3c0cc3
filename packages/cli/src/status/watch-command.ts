import { readOptions } from '../command-line/read-options.ts';
import { leaderService } from '../leader-service.ts';
import { untilEndingSignal } from '../processes/received-signals.ts';
import { inWords, reportOf, isSameReport, type StandingReport } from './standing-report.ts';

/** How often the status is compared with the last report: a change of leader between two other pods emits no event. */
const COMPARE_MS = 100;

/** `cluster-leader watch`: prints a line whenever the standing or the leader's name changes, until a signal ends it. */
export async function watch(args: readonly string[]): Promise<number> {
  const values = readOptions(args, { json: { type: 'boolean' }, lease: { type: 'string' } });
  const leader = leaderService(values.lease, { push: true });
  let last: StandingReport | undefined;
  const compare = (): void => {
    const report = reportOf(leader.status(), new Date());
    if (isSameReport(last, report)) return;
    last = report;
    process.stdout.write(`${values.json === true ? JSON.stringify(report) : `${report.at} ${inWords(report)}`}\n`);
  };
  const ended = untilEndingSignal();
  await leader.start();
  compare();
  const removeListener = leader.on('standing', compare);
  const timer = setInterval(compare, COMPARE_MS);
  await ended;
  clearInterval(timer);
  removeListener();
  await leader.close();
  return 0;
}
