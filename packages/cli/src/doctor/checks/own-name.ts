import { isTruncatedName } from '@cluster-leader/core/adapter-kit';
import { answerOf, podNameOf, type PodFacts } from '../facts/pod-facts.ts';
import { findings, type Finding } from '../finding.ts';
import { SET_ID } from './set-id.ts';

const { warning } = findings('identity');

/** Network interfaces of a machine, which a pod with its own network does not have. */
const MACHINE_INTERFACE = /^(cni|docker|veth|cali|flannel|kube|cilium|br-|vxlan|virbr)/;
/** What ReplicaSets, DaemonSets, Jobs and StatefulSets append to form the name of a pod. */
const POD_SUFFIX = /-([bcdfghjklmnpqrstvwxz2-9]{5}|\d+)$/;

/**
 * Judges the pod's name and hostname. Returns undefined if they are in order, or if the sidecar's answer proves a problem
 * that `judgeAnsweredName` reports.
 */
export function judgeOwnName(facts: PodFacts): Finding | undefined {
  const { hostname, interfaces } = facts;
  const isMachine = interfaces.some((name) => MACHINE_INTERFACE.test(name));
  const podName = podNameOf(facts);
  const { leader = '', self } = answerOf(facts) ?? {};
  if (podName === undefined) return isTruncatedName(leader, hostname) ? undefined : judgeHostname(hostname, isMachine);
  if (hostname === podName || hostname.startsWith(`${podName}.`)) return undefined;
  if (leader === hostname) return undefined;
  // The sidecar uses the name of the pod, so its hostname does not matter.
  if (leader === podName || self === podName) return undefined;
  const why = differenceOf(podName, hostname, isMachine);
  const what = `The hostname "${hostname}" is not the pod name "${podName}": ${why}. A sidecar without --id uses the hostname.`;
  return warning(what, SET_ID);
}

/** Judges a hostname that is the only name of the pod. */
function judgeHostname(hostname: string, isMachine: boolean): Finding | undefined {
  if (POD_SUFFIX.test(hostname) && !isMachine) return undefined;
  const why = isMachine ? "is the machine's (hostNetwork)" : 'does not look like the name of a pod';
  return warning(
    `This pod is identified by its hostname "${hostname}", which ${why}. If several pods share it, all of them lead at the same time.`,
    'Set MY_POD_NAME from metadata.name in both containers, and start the sidecar with --id=$(MY_POD_NAME).',
  );
}

function differenceOf(podName: string, hostname: string, isMachine: boolean): string {
  if (isTruncatedName(podName, hostname)) return 'it is the truncated pod name, which other pods may share';
  if (isMachine) return 'the pod uses hostNetwork';
  if (podName.startsWith(`${hostname}-`)) return 'spec.hostname is set, and all pods of the template share it';
  return 'hostNetwork or spec.hostname is set';
}
