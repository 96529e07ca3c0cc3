import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from './usage-error.ts';

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; strict: true }>
>['values'];

/** Reads the options of a command that takes nothing else. Throws a UsageError. */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): Values<Options> {
  if (args.includes('--')) throw new UsageError('-- begins a command to run, and this one takes none');
  return parse(args, options, '');
}

/** Reads the options before `--`; what comes after it is somebody else's command line. Throws a UsageError. */
export function readCommandLine<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): { readonly values: Values<Options>; readonly command: readonly string[] } {
  const values = parse(args.slice(0, endOf(args)), options, ': the command to run comes after --');
  const command = args.slice(endOf(args) + 1);
  if (!command[0]) throw new UsageError('the command to run is missing: it comes after --');
  return { values, command };
}

function endOf(args: readonly string[]): number {
  return args.includes('--') ? args.indexOf('--') : args.length;
}

function parse<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  hint: string,
): Values<Options> {
  try {
    return parseArgs({ args: [...args], options, strict: true as const, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(inWords(error, options, hint), { cause: error });
  }
}

/** Node.js' own words name the option; some go on about other things, and some lack the rule. */
function inWords(error: unknown, options: ParseArgsOptionsConfig, hint: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const [sentence = ''] = message.split(/\.\s/);
  if (sentence.startsWith('Unexpected argument')) return sentence + hint;
  const name = /^Option '--([\w-]+)/.exec(sentence)?.[1] ?? '';
  const type = options[name]?.type;
  if (type === undefined) return sentence;
  return type === 'string' ? `--${name} needs a value: --${name}=<value>` : `--${name} takes no value`;
}

/** Reads a whole number between two bounds. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option} is "${text}", but it must be a whole number from ${least} to ${most}`);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
/** About what a timer can hold. */
const LONGEST = '35000m';
const LONGEST_MS = 35_000 * 60_000;
const SHORTEST_LEASE_MS = 100;

/** Reads a time such as `10s`, as milliseconds. */
export function duration(option: string, text: string, leastMs = 1): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (ms >= leastMs && ms <= LONGEST_MS) return ms;
  throw new UsageError(
    `${option} is "${text}", but it must be a time from ${leastMs}ms to ${LONGEST}, with its unit: 500ms, 10s or 2m`,
  );
}

/** Reads `--lease`, by default the sidecars' own 10 s; one that is too short for any timer elects everybody and nobody. */
export function lease(text = '10s'): number {
  return duration('--lease', text, SHORTEST_LEASE_MS);
}
