import { isLoopback } from '@cluster-leader/core/adapter-kit';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import { findings, type Finding } from '../finding.ts';

const { warning: settingsWarning } = findings('settings');
const { ok, warning } = findings('endpoint');

/** Checks the settings that decide whether and where the app asks the sidecar. */
export function checkEndpoint({ env }: PodFacts, { url, mode }: Settings): readonly Finding[] {
  const { href } = new URL(url);
  const found: Finding[] = [];
  if (!env['KUBERNETES_SERVICE_HOST']) {
    found.push(
      settingsWarning(
        'This is not a pod: KUBERNETES_SERVICE_HOST is not set.',
        'Run the doctor in a pod, with kubectl exec. To run the app on this machine, use "cluster-leader dev -- <command>", or set CLUSTER_LEADER_MODE=always.',
      ),
    );
  }
  if (mode !== 'sidecar') {
    found.push(
      settingsWarning(
        `CLUSTER_LEADER_MODE is ${mode}: the app never asks the sidecar.`,
        'Unset it if the pod has a sidecar.',
      ),
    );
  }
  if (!isLoopback(new URL(url))) {
    found.push(
      warning(
        `${href} is not on loopback: any program that answers there decides which pod leads.`,
        'Run the sidecar in this pod, and set ELECTOR_GET_URL=http://127.0.0.1:4040/.',
      ),
    );
  }
  const variable = ['ELECTOR_GET_URL', 'ELECTOR_PATH'].find((name) => Boolean(env[name]));
  return [...found, ok(`${href}, ${variable === undefined ? 'by default' : `from ${variable}`}`)];
}
