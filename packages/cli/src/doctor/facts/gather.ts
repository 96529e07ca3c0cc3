import { lookup } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { ClusterLeaderService } from '@cluster-leader/core';
import { isLoopback } from '@cluster-leader/core/adapter-kit';
import { environmentLeaseMs } from '../../command-line/read-options.ts';
import type { LibraryFact, PodFacts, ProcessFact } from './pod-facts.ts';
import { probe, probePush, type Probe, type PushProbe } from './probe.ts';
import { readProbe } from './sidecar-answer.ts';

const QUESTIONS = 5;

/**
 * Gathers all that can be known from inside this pod; takes about two seconds if the sidecar does not answer.
 *
 * `leaseDurationMs` is what the app sets by option; by default it is `$CLUSTER_LEADER_LEASE`, as in the app.
 */
export async function gather(leaseDurationMs: number | undefined): Promise<PodFacts> {
  const { env } = process;
  const processes = await seeProcesses();
  const pod = { env, hostname: hostname(), interfaces: Object.keys(networkInterfaces()), processes };
  let library: LibraryFact;
  try {
    library = await readSettings(leaseDurationMs);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...pod, library: { problem }, addresses: [], probes: [], elsewhere: [] };
  }
  const url = new URL(library.url);
  const [probes, addresses, push] = await Promise.all([ask(url), askEach(url), listen(env)]);
  return { ...pod, library, addresses, probes, elsewhere: await askElsewhere(url, probes), push };
}

/** Reads the settings as the library does; rejects with its error if it refuses them. */
async function readSettings(leaseDurationMs: number | undefined): Promise<LibraryFact> {
  // The checks report in their own words what it warns of.
  const settings = { leaseDurationMs, logger: {} };
  // Made only to have the address of the event stream judged: a service that is not used opens no connection.
  void new ClusterLeaderService(settings);
  const service = new ClusterLeaderService({ ...settings, eventsUrl: false });
  const { url, identity, mode } = service.status();
  await service.close();
  return { url, identity, mode, leaseDurationMs: leaseDurationMs ?? environmentLeaseMs() };
}

async function listen({ ELECTOR_SSE_URL: eventsUrl }: PodFacts['env']): Promise<PushProbe | undefined> {
  return eventsUrl ? probePush(new URL(eventsUrl)) : undefined;
}

async function ask(url: URL): Promise<readonly Probe[]> {
  const probes: Probe[] = [];
  for (let count = 0; count < QUESTIONS; count += 1) {
    const one = await probe(url);
    probes.push(one);
    // A sidecar that is not there will not be there a moment later.
    if (one.kind === 'failed') break;
  }
  return probes;
}

/** A sidecar may answer on another path, or listen on the other of the two loopback addresses. */
async function askElsewhere(url: URL, probes: readonly Probe[]): Promise<PodFacts['elsewhere']> {
  if (probes.some((one) => 'kind' in readProbe(one))) return [];
  const urls = probes.some((one) => one.kind === 'answer' && one.status === 404) ? [new URL('/api/leader', url)] : [];
  const hosts = isLoopback(url) ? ['127.0.0.1', '[::1]'] : [];
  for (const host of hosts) if (host !== url.hostname) urls.push(Object.assign(new URL(url), { hostname: host }));
  return Promise.all(urls.map(async (other) => ({ url: other.href, probe: await probe(other) })));
}

async function askEach(url: URL): Promise<PodFacts['addresses']> {
  if (url.hostname !== 'localhost') return [];
  const found = await lookup(url.hostname, { all: true, order: 'verbatim' }).catch(() => []);
  return Promise.all(found.map(async ({ address }) => ({ address, probe: await probe(url, address) })));
}

/** The processes that /proc shows; none if there is no /proc. */
async function seeProcesses(): Promise<readonly ProcessFact[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(pids.map((pid) => seeProcess(Number(pid)).catch(() => undefined)));
  return seen.filter((process) => process !== undefined);
}

async function seeProcess(pid: number): Promise<ProcessFact> {
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

/** PM2 numbers the instances of each app; in cluster mode all its apps are workers of one process. */
function workerOf(variable: (name: string) => string | undefined, parent: string): ProcessFact['worker'] {
  const instance = variable('NODE_APP_INSTANCE');
  if (instance !== undefined) return { app: `pm2 ${variable('name') ?? ''}`, number: instance };
  const worker = variable('NODE_UNIQUE_ID');
  return worker === undefined ? undefined : { app: `cluster ${parent}`, number: worker };
}

async function parentOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return /^PPid:\s+(\d+)/m.exec(status)?.[1] ?? '';
}
