import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PAGE = join(import.meta.dirname, '../../docs/queues.md');

/** One program of the page. */
export interface Source {
  readonly language: string;
  readonly code: string;
}

/** Returns the programs in docs/queues.md, in order. */
export function programsOfPage(): readonly Source[] {
  const blocks = readFileSync(PAGE, 'utf8').matchAll(/^```(js|ts)\n(.*?)^```/gms);
  return [...blocks].map(([, language = '', code = '']) => ({ language, code }));
}

/** A running program and the lines that it has printed. */
export interface Program {
  readonly lines: readonly string[];
  /** Sends SIGTERM, and resolves with the exit code. */
  end(): Promise<number | null>;
  kill(): void;
}

/** Runs a program in `folder`, and calls `onLine` for each line that it prints. */
export function runProgram(
  folder: string,
  { language, code }: Source,
  env: Readonly<Record<string, string>>,
  onLine: () => void,
): Program {
  const file = join(folder, language === 'js' ? 'app.mjs' : 'app.ts');
  writeFileSync(file, code);
  const flags = ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'];
  // Node.js only strips types; decorators must be compiled.
  if (language === 'ts') flags.push('--import=@oxc-node/core/register');
  const child: ChildProcess = spawn(process.execPath, [...flags, file], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('The process has no stdout.');
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    onLine();
  });
  return {
    lines,
    async end() {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
