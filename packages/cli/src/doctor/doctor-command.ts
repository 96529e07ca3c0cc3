import { leaseOption } from '../command-line/option-values.ts';
import { readOptions } from '../command-line/read-options.ts';
import { diagnose } from './diagnose.ts';
import { gather } from './facts/gather.ts';
import { report } from './report.ts';

/** `cluster-leader doctor`: prints what is wrong in this pod; resolves with exit code 1 if there is a fault, else 0. */
export async function doctor(args: readonly string[]): Promise<number> {
  const values = readOptions(args, { lease: { type: 'string' } });
  const found = diagnose(await gather(leaseOption(values.lease)));
  process.stdout.write(`${report(found)}\n`);
  return found.some(({ level }) => level === 'fault') ? 1 : 0;
}
