import { readOptions } from '../command-line/read-options.ts';
import { leaderService } from '../leader-service.ts';
import { inWords, lockInWords, reportOf, type StandingReport } from './standing-report.ts';

const EXIT_CODES = { leader: 0, follower: 1, unknown: 2 } as const;

/** `cluster-leader status`: prints the standing of this pod once, and resolves with the exit code for it. */
export async function status(args: readonly string[]): Promise<number> {
  const values = readOptions(args, { json: { type: 'boolean' }, lease: { type: 'string' } });
  const leader = leaderService(values.lease, { push: false });
  await leader.start();
  const report = reportOf(leader.status(), new Date());
  await leader.close();
  process.stdout.write(`${values.json === true ? JSON.stringify(report) : text(report)}\n`);
  return EXIT_CODES[report.standing];
}

function text(report: StandingReport): string {
  return report.lock === undefined ? inWords(report) : `${inWords(report)}\n${lockInWords(report.lock)}`;
}
