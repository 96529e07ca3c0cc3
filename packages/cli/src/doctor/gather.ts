import { lookup } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { ClusterLeaderService } from '@cluster-leader/core';
import type { PodFacts, ProcessFact } from './pod-facts.ts';
import { probe, probePush, type Probe, type PushProbe } from './probe.ts';

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
    return { ...pod, library: { problem }, addresses: [], probes: [] };
  }
  const url = new URL(service.status().url);
  const [probes, addresses, push] = await Promise.all([ask(url), askEach(url), listen(env), service.start()]);
  const { identity, mode, standing, reason, error } = service.status();
  await service.close();
  const isWrongPath = probes.some((one) => one.kind === 'answer' && one.status === 404);
  return {
    ...pod,
    library: { url: url.href, identity, mode, standing, reason, error },
    addresses,
    probes,
    apiLeader: isWrongPath ? await probe(new URL('/api/leader', url)) : undefined,
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
