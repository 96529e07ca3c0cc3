import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from './usage-error.ts';

/** The options of one command line, and the command behind its `--`. */
export interface CommandLine<Options extends ParseArgsOptionsConfig> {
  readonly values: ReturnType<typeof parseArgs<{ options: Options; strict: true }>>['values'];
  readonly command: readonly string[];
}

/** Reads the options before `--`; what comes after it is somebody else's command line. Throws a UsageError. */
export function readCommandLine<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): CommandLine<Options> {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  try {
    const { values } = parseArgs({ args: args.slice(0, end), options, strict: true as const, allowPositionals: false });
    return { values, command: args.slice(end + 1) };
  } catch (error) {
    // Node.js' own words name the option; what follows their first sentence is about positional arguments.
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new UsageError(sentence, { cause: error });
  }
}

/** The command behind `--`; throws a UsageError where there is none. */
export function required(command: readonly string[]): readonly string[] {
  if (command.length > 0 && command[0] !== '') return command;
  throw new UsageError('the command to run is missing: it comes after --');
}

/** Reads a whole number between two bounds. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option} is "${text}", but it must be a whole number from ${least} to ${most}`);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
/** What a timer can hold. */
const LONGEST_MS = 2 ** 31 - 1;

/** Reads a time such as `10s`, as milliseconds. */
export function duration(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new UsageError(`${option} is "${text}", but it must be a time above 0 with its unit: 500ms, 10s or 2m`);
}
