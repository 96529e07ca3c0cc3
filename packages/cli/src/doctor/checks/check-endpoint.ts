import { isLoopback } from '@cluster-leader/core/adapter-kit';
import { findings, type Finding } from '../finding.ts';
import { libraryOf, type PodFacts } from '../facts/pod-facts.ts';
import { readProbe } from '../facts/sidecar-answer.ts';

/** Checks the settings and the address of the sidecar. */
export function checkEndpoint(facts: PodFacts): readonly Finding[] {
  const { env, library } = facts;
  const settings = findings('settings');
  const endpoint = findings('endpoint');
  if ('problem' in library) {
    return [settings.fault(library.problem, 'Correct what is named, in the environment of the container.')];
  }
  const url = new URL(library.url);
  const found: Finding[] = [];
  if (!env['KUBERNETES_SERVICE_HOST']) {
    found.push(
      settings.warning(
        'This is not a pod: KUBERNETES_SERVICE_HOST is not set.',
        'Run the doctor in a pod, with kubectl exec. To run the app on this machine, use "cluster-leader dev -- <command>", or set CLUSTER_LEADER_MODE=always.',
      ),
    );
  }
  if (library.mode !== 'sidecar') {
    found.push(
      settings.warning(
        `CLUSTER_LEADER_MODE is ${library.mode}: the app never asks the sidecar.`,
        'Unset it if there is a sidecar.',
      ),
    );
  }
  if (!isLoopback(url)) {
    found.push(
      endpoint.warning(
        `${url.href} is not on loopback: whatever answers there decides who leads.`,
        'Run the sidecar in this pod, and point ELECTOR_GET_URL at http://127.0.0.1:4040/.',
      ),
    );
  }
  const source = ['ELECTOR_GET_URL', 'ELECTOR_PATH'].find((name) => Boolean(env[name]));
  found.push(endpoint.ok(`${url.href}, ${source === undefined ? 'by default' : `from ${source}`}`));
  return [...found, ...checkLocalhost(facts)];
}

/** localhost may stand for ::1 and 127.0.0.1, and the sidecar may listen on only one of them. */
function checkLocalhost(facts: PodFacts): readonly Finding[] {
  const { addresses } = facts;
  const { warning, fault } = findings('localhost');
  if (addresses.length < 2) return [];
  const port = new URL(libraryOf(facts)?.url ?? '').port;
  const leaders = addresses.map(({ probe }) => readProbe(probe));
  const answering = addresses.filter((_, index) => 'kind' in (leaders[index] ?? {}));
  const [first] = answering;
  if (first === undefined) return [];
  const change = `Set ELECTOR_GET_URL=http://${first.address.includes(':') ? `[${first.address}]` : first.address}:${port}/.`;
  const silent = addresses.filter((address) => !answering.includes(address)).map(({ address }) => address);
  const names = new Set(leaders.flatMap((answer) => ('leader' in answer ? [answer.leader] : [])));
  if (names.size > 1) {
    return [fault(`Two programs answer for localhost, and name ${[...names].map(quoted).join(' and ')}.`, change)];
  }
  if (silent.length === 0) return [];
  const what = `localhost also stands for ${silent.join(', ')}, but no sidecar answers there: a client that tries only that address fails.`;
  return [warning(what, change)];
}

function quoted(name: string): string {
  return `"${name}"`;
}
