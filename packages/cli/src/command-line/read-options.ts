import { parseDuration } from '@cluster-leader/core/adapter-kit';
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

/** Reads the options before `--`, and the command after it. Throws a UsageError. */
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

/** Anything shorter was probably meant in seconds. */
const SHORTEST_LEASE_MS = 100;
const DEFAULT_LEASE_MS = 10_000;

/** Reads `--lease`, in milliseconds; undefined if it is absent, so that `$CLUSTER_LEADER_LEASE` counts. */
export function leaseOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration('--lease', text);
  if (ms >= SHORTEST_LEASE_MS) return ms;
  throw new UsageError(`--lease is "${text}", but it must be at least ${SHORTEST_LEASE_MS}ms`);
}

/** The lease that counts without an option, in milliseconds: `$CLUSTER_LEADER_LEASE`, else the sidecars' own default. */
export function environmentLeaseMs(): number {
  const { CLUSTER_LEADER_LEASE: lease } = process.env;
  return lease ? parseDuration('$CLUSTER_LEADER_LEASE', lease) : DEFAULT_LEASE_MS;
}

/** Completes `name` to `name=value` if no value follows, for an option whose value may be left out. */
export function withDefault(args: readonly string[], name: string, value: string): readonly string[] {
  const end = endOf(args);
  return args.map((arg, index) => {
    const next = args[index + 1];
    return index < end && arg === name && (next === undefined || next.startsWith('-')) ? `${name}=${value}` : arg;
  });
}
