import { leaseOption, readOptions } from '../command-line/read-options.ts';
import { diagnose } from './diagnose.ts';
import { gather } from './facts/gather.ts';
import { report } from './report.ts';

/** `cluster-leader doctor`: finds what is wrong in this pod; the exit code is 1 if there is a fault. */
export async function doctor(args: readonly string[]): Promise<number> {
  const values = readOptions(args, { lease: { type: 'string' } });
  const found = diagnose(await gather(leaseOption(values.lease)));
  process.stdout.write(`${report(found)}\n`);
  return found.some(({ level }) => level === 'fault') ? 1 : 0;
}
