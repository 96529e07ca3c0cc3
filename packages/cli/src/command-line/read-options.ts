import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from './usage-error.ts';

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; strict: true }>
>['values'];

/** Reads the options of a command that takes no arguments. Throws a UsageError. */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): Values<Options> {
  if (args.includes('--')) throw new UsageError('this command runs no other command, so -- is not allowed');
  return parse(args, options, '');
}

/** Reads the options before `--`, and the command after it. Throws a UsageError. */
export function readCommandLine<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): { readonly values: Values<Options>; readonly command: readonly string[] } {
  const [own, command] = splitAtDashes(args);
  const values = parse(own, options, ': write the command to run after --');
  if (!command[0]) throw new UsageError('the command to run is missing: write it after --');
  return { values, command };
}

/** Splits arguments at the first `--`, which is dropped. */
export function splitAtDashes(args: readonly string[]): readonly [before: readonly string[], after: readonly string[]] {
  const index = args.indexOf('--');
  return index === -1 ? [args, []] : [args.slice(0, index), args.slice(index + 1)];
}

/** Completes `name` to `name=value` if no value follows, for an option whose value is optional. */
export function withDefault(args: readonly string[], name: string, value: string): readonly string[] {
  const [own] = splitAtDashes(args);
  return args.map((arg, index) => {
    const next = args[index + 1];
    return index < own.length && arg === name && (next === undefined || next.startsWith('-'))
      ? `${name}=${value}`
      : arg;
  });
}

function parse<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  hint: string,
): Values<Options> {
  try {
    return parseArgs({ args: [...args], options, strict: true as const, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(describe(error, options, hint), { cause: error });
  }
}

/** Node.js's messages name the option, but give advice that does not apply here, and not always the rule. */
function describe(error: unknown, options: ParseArgsOptionsConfig, hint: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const [sentence = ''] = message.split(/\.\s/);
  if (sentence.startsWith('Unexpected argument')) return sentence + hint;
  const name = /^Option '--([\w-]+)/.exec(sentence)?.[1] ?? '';
  const type = options[name]?.type;
  if (type === undefined) return sentence;
  return type === 'string' ? `--${name} needs a value: --${name}=<value>` : `--${name} takes no value`;
}
