import { lookup } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { ClusterLeaderService } from '@cluster-leader/core';
import type { PodFacts, ProcessFact } from './pod-facts.ts';
import { isLoopback, probe, probePush, type Probe, type PushProbe } from './probe.ts';
import { readProbe } from './sidecar-answer.ts';

const QUESTIONS = 5;

/** Gathers all that can be known from inside this pod; takes about two seconds where the sidecar does not answer. */
export async function gather(leaseDurationMs: number): Promise<PodFacts> {
  const { env } = process;
  const processes = await seeProcesses();
  const pod = { env, hostname: hostname(), interfaces: Object.keys(networkInterfaces()), processes, leaseDurationMs };
  let service: ClusterLeaderService;
  try {
    // What it warns of, the checks say in their own words.
    service = new ClusterLeaderService({ leaseDurationMs, eventsUrl: false, logger: {} });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...pod, library: { problem }, addresses: [], probes: [], elsewhere: [] };
  }
  const url = new URL(service.status().url);
  const [probes, addresses, push] = await Promise.all([ask(url), askEach(url), listen(env), service.start()]);
  const { identity, mode, standing, reason, error } = service.status();
  await service.close();
  return {
    ...pod,
    library: { url: url.href, identity, mode, standing, reason, error },
    addresses,
    probes,
    elsewhere: await askElsewhere(url, probes),
    push,
  };
}

async function listen({ ELECTOR_SSE_URL: eventsUrl }: PodFacts['env']): Promise<PushProbe | undefined> {
  const url = eventsUrl ? URL.parse(eventsUrl) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? probePush(url) : undefined;
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
