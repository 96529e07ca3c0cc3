import { lookup } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { ClusterLeaderService } from '@cluster-leader/core';
import type { LibraryFact, PodFacts, ProcessFact } from './pod-facts.ts';
import { probe, probePush, type Probe } from './probe.ts';

const QUESTIONS = 5;

/** Gathers all that can be known from inside this pod; takes a few seconds where the sidecar does not answer. */
export async function gather(leaseDurationMs: number): Promise<PodFacts> {
  const { env } = process;
  const library = await askLibrary(leaseDurationMs);
  const url = 'problem' in library ? undefined : new URL(library.url);
  const probes = url === undefined ? [] : await ask(url);
  const events = env['ELECTOR_SSE_URL'] ? URL.parse(env['ELECTOR_SSE_URL']) : null;
  const isWrongPath = probes.some((one) => one.kind === 'answer' && one.status === 404);
  return {
    env,
    hostname: hostname(),
    interfaces: Object.keys(networkInterfaces()),
    processes: await seeProcesses(),
    leaseDurationMs,
    library,
    addresses: url === undefined ? [] : await askEach(url),
    probes,
    apiLeader: url !== undefined && isWrongPath ? await probe(new URL('/api/leader', url)) : undefined,
    push: events !== null && /^https?:$/.test(events.protocol) ? await probePush(events) : undefined,
  };
}

async function askLibrary(leaseDurationMs: number): Promise<PodFacts['library']> {
  try {
    // What it warns of, the checks say in their own words.
    const service = new ClusterLeaderService({ leaseDurationMs, eventsUrl: false, logger: {} });
    await service.start();
    const { url, identity, mode, standing, reason, error } = service.status();
    await service.close();
    return { url, identity, mode, standing, reason, error } satisfies LibraryFact;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
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

async function askEach(url: URL): Promise<PodFacts['addresses']> {
  if (url.hostname !== 'localhost') return [];
  const found = await lookup(url.hostname, { all: true, order: 'verbatim' }).catch(() => []);
  return Promise.all(found.map(async ({ address }) => ({ address, probe: await probe(url, address) })));
}

/** The processes that /proc shows; none where there is no /proc. */
async function seeProcesses(): Promise<readonly ProcessFact[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(pids.map((pid) => seeProcess(Number(pid)).catch(() => undefined)));
  return seen.filter((process) => process !== undefined);
}

async function seeProcess(pid: number): Promise<ProcessFact> {
  const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const [, , worker] = /(^|\0)(NODE_UNIQUE_ID=\d+|NODE_APP_INSTANCE=\d+)/.exec(environ) ?? [];
  return { pid, commandLine, worker };
}
