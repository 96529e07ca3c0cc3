import { readFile } from 'node:fs/promises';
import { commandHelp, help, isCommandName, type CommandName } from './command-line/help.ts';
import { oldNode } from './command-line/node-version.ts';
import { UsageError, USAGE_EXIT_CODE } from './command-line/usage-error.ts';

/** Runs one command and resolves with its exit code. */
type Command = (args: readonly string[]) => Promise<number>;

/** Each is loaded only when it is used, so that `help` is fast and `status` does not load the election. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  dev: async () => (await import('./dev/dev-command.ts')).dev,
  status: async () => (await import('./status/status-command.ts')).status,
  watch: async () => (await import('./status/watch-command.ts')).watch,
  exec: async () => (await import('./exec/exec-command.ts')).exec,
  doctor: async () => (await import('./doctor/doctor-command.ts')).doctor,
};

/** Runs a command line, without the program's name, and resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  try {
    const problem = oldNode(process.versions.node);
    if (problem !== undefined) throw new Error(problem);
    if (isCommandName(name)) {
      if (asksForHelp(rest)) return print(commandHelp(name));
      const command = await COMMANDS[name]();
      return await command(rest);
    }
    if (name === '--version' || name === '-v') return print(await version());
    if (!['help', '--help', '-h'].includes(name)) throw new UsageError(`there is no command "${name}"`);
    const [topic] = rest;
    if (topic === undefined) return print(help());
    if (!isCommandName(topic)) throw new UsageError(`there is no command "${topic}"`);
    return print(commandHelp(topic));
  } catch (error) {
    const isUsage = error instanceof UsageError || isInvalidSetting(error);
    const topic = isCommandName(name) ? name : undefined;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`cluster-leader${topic === undefined ? '' : ` ${topic}`}: ${message}\n`);
    if (isUsage) process.stderr.write(`See: cluster-leader help${topic === undefined ? '' : ` ${topic}`}\n`);
    return isUsage ? USAGE_EXIT_CODE : 1;
  }
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

/** A wrong environment variable counts as wrong usage. */
function isInvalidSetting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_OPTION';
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
