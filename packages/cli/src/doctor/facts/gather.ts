import { lookup } from 'node:dns/promises';
import { hostname, networkInterfaces } from 'node:os';
import { isLoopback } from '@cluster-leader/core/adapter-kit';
import { readLock } from './lock-facts.ts';
import type { PodFacts } from './pod-facts.ts';
import { probe, probePush, type Probe } from './probe.ts';
import { visibleProcesses } from './processes.ts';
import { readSettings, type Settings } from './settings.ts';
import { readProbe } from './sidecar-answer.ts';

const REQUESTS = 5;

/**
 * Gathers all that can be known from inside this pod; takes about two seconds if the sidecar does not answer.
 *
 * `leaseDurationMs` is what the app sets as an option; by default it is `$CLUSTER_LEADER_LEASE`, as in the app.
 */
export async function gather(leaseDurationMs: number | undefined): Promise<PodFacts> {
  const { env } = process;
  const processes = await visibleProcesses();
  const pod = { env, hostname: hostname(), interfaces: Object.keys(networkInterfaces()), processes };
  let settings: Settings;
  try {
    settings = await readSettings(leaseDurationMs);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...pod, settings: { problem }, addresses: [], probes: [], elsewhere: [] };
  }
  const url = new URL(settings.url);
  const { ELECTOR_SSE_URL: eventsUrl } = env;
  const [probes, addresses, push, lock] = await Promise.all([
    probeRepeatedly(url),
    probeEachAddress(url),
    eventsUrl ? probePush(new URL(eventsUrl)) : undefined,
    readLock(env),
  ]);
  return { ...pod, settings, addresses, probes, elsewhere: await probeElsewhere(url, probes), push, lock };
}

async function probeRepeatedly(url: URL): Promise<readonly Probe[]> {
  const probes: Probe[] = [];
  for (let count = 0; count < REQUESTS; count += 1) {
    const one = await probe(url);
    probes.push(one);
    // If nothing listens, the next request would fail too.
    if (one.kind === 'failed') break;
  }
  return probes;
}

async function probeEachAddress(url: URL): Promise<PodFacts['addresses']> {
  if (url.hostname !== 'localhost') return [];
  const found = await lookup(url.hostname, { all: true, order: 'verbatim' }).catch(() => []);
  return Promise.all(found.map(async ({ address }) => ({ address, probe: await probe(url, address) })));
}

/** A sidecar may answer on another path, or listen on the other one of the two loopback addresses. */
async function probeElsewhere(url: URL, probes: readonly Probe[]): Promise<PodFacts['elsewhere']> {
  if (probes.some((one) => 'kind' in readProbe(one))) return [];
  const urls = probes.some((one) => one.kind === 'answer' && one.status === 404) ? [new URL('/api/leader', url)] : [];
  const hosts = isLoopback(url) ? ['127.0.0.1', '[::1]'] : [];
  for (const host of hosts) if (host !== url.hostname) urls.push(Object.assign(new URL(url), { hostname: host }));
  return Promise.all(urls.map(async (other) => ({ url: other.href, probe: await probe(other) })));
}
