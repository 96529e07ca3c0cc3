import { readdir, readFile } from 'node:fs/promises';

/** One process that is visible from this container. */
export interface VisibleProcess {
  readonly pid: number;
  readonly commandLine: string;
  /** Which instance of which app it is, if PM2 or Node.js's cluster module has started it. */
  readonly worker?: { readonly app: string; readonly number: string } | undefined;
  /** `$ELECTION_LEASE_DURATION` in its environment, from which kkosmrli/leader-elector reads its lease. */
  readonly electionLease?: string | undefined;
}

/** Lists the processes in /proc; empty if there is no /proc. */
export async function visibleProcesses(): Promise<readonly VisibleProcess[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => readProcess(Number(pid)).catch(() => undefined)));
  return found.filter((process) => process !== undefined);
}

async function readProcess(pid: number): Promise<VisibleProcess> {
  const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const variable = (name: string): string | undefined => new RegExp(`(?:^|\0)${name}=([^\0]*)`).exec(environ)?.[1];
  return {
    pid,
    commandLine,
    worker: workerOf(variable, await parentOf(pid)),
    electionLease: variable('ELECTION_LEASE_DURATION'),
  };
}

/** PM2 numbers the instances of each app. In its cluster mode all apps are workers of one process. */
function workerOf(variable: (name: string) => string | undefined, parent: string): VisibleProcess['worker'] {
  const instance = variable('NODE_APP_INSTANCE');
  if (instance !== undefined) return { app: `pm2 ${variable('name') ?? ''}`, number: instance };
  const worker = variable('NODE_UNIQUE_ID');
  return worker === undefined ? undefined : { app: `cluster ${parent}`, number: worker };
}

async function parentOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return /^PPid:\s+(\d+)/m.exec(status)?.[1] ?? '';
}
