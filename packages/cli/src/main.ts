import { readFile } from 'node:fs/promises';
import { commandHelp, help, isCommandName, type CommandName } from './command-line/help.ts';
import { oldNode } from './command-line/node-version.ts';
import { splitAtDashes } from './command-line/read-options.ts';
import { UsageError, USAGE_EXIT_CODE } from './command-line/usage-error.ts';

/** Runs one command and resolves with its exit code. */
type Command = (args: readonly string[]) => Promise<number>;

/** Commands are loaded when they are used: `help` needs no HTTP client, and `status` needs no election. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  dev: async () => (await import('./dev/dev-command.ts')).dev,
  status: async () => (await import('./status/status-command.ts')).status,
  watch: async () => (await import('./status/watch-command.ts')).watch,
  exec: async () => (await import('./exec/exec-command.ts')).exec,
  doctor: async () => (await import('./doctor/doctor-command.ts')).doctor,
  runs: async () => (await import('./runs/runs-command.ts')).runs,
};

/** Runs a command line, given without the program's name, and resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  try {
    const problem = oldNode(process.versions.node);
    if (problem !== undefined) throw new Error(problem);
    return await run(name, rest);
  } catch (error) {
    return report(error, isCommandName(name) ? ` ${name}` : '');
  }
}

async function run(name: string, args: readonly string[]): Promise<number> {
  if (isCommandName(name)) {
    const [own] = splitAtDashes(args);
    if (own.includes('--help') || own.includes('-h')) return print(commandHelp(name));
    const command = await COMMANDS[name]();
    return command(args);
  }
  if (name === '--version' || name === '-v') return print(await version());
  if (!['help', '--help', '-h'].includes(name)) throw unknownCommand(name);
  const [topic] = args;
  if (topic === undefined) return print(help());
  if (!isCommandName(topic)) throw unknownCommand(topic);
  return print(commandHelp(topic));
}

function unknownCommand(name: string): UsageError {
  return new UsageError(`there is no command "${name}"`);
}

/** Prints the error on stderr, and returns the exit code. An invalid environment variable is wrong usage too. */
function report(error: unknown, topic: string): number {
  const isUsage = error instanceof UsageError || isInvalidOption(error);
  process.stderr.write(`cluster-leader${topic}: ${error instanceof Error ? error.message : String(error)}\n`);
  if (!isUsage) return 1;
  process.stderr.write(`See: cluster-leader help${topic}\n`);
  return USAGE_EXIT_CODE;
}

/** Checks the code, because the class would have to be loaded for every command. */
function isInvalidOption(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_OPTION';
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
