import { isTruncatedName } from '@cluster-leader/core/adapter-kit';
import { answerOf } from './check-answer.ts';
import { findings, type Finding } from '../finding.ts';
import { libraryOf, type PodFacts } from '../facts/pod-facts.ts';

const { ok, warning, fault } = findings('identity');
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Interfaces that a machine has, but not a pod's own network. */
const MACHINE_INTERFACE = /^(cni|docker|veth|cali|flannel|kube|cilium|br-|vxlan|virbr)/;
/** What ReplicaSets, DaemonSets, Jobs and StatefulSets put at the end of a pod's name. */
const POD_SUFFIX = /-([bcdfghjklmnpqrstvwxz2-9]{5}|\d+)$/;
const NAME_BOTH =
  'Set MY_POD_NAME from metadata.name in both containers, and start the sidecar with --id=$(MY_POD_NAME).';
const SET_ID = 'Set MY_POD_NAME from metadata.name in the sidecar too, and start it with --id=$(MY_POD_NAME).';

/** Whether the sidecar's answers can name this pod, and no other by the same name. */
export function checkIdentity(facts: PodFacts): readonly Finding[] {
  const library = libraryOf(facts);
  if (library === undefined) return [];
  const { identity } = library;
  const wrong = [...checkOwnName(facts), ...checkAnsweredName(facts, identity)];
  const names = ok(`this pod is ${identity.map((name) => `"${name}"`).join(' or ')}`);
  return [...(wrong.length === 0 ? [names] : wrong), ...checkHostnameVariable(facts)];
}

/** What the names of the pod show by themselves. */
function checkOwnName(facts: PodFacts): readonly Finding[] {
  const { hostname, interfaces } = facts;
  const podName = podNameOf(facts);
  const { leader = '', self } = answerOf(facts) ?? {};
  const isMachine = interfaces.some((name) => MACHINE_INTERFACE.test(name));
  if (podName === undefined) {
    if (isTruncatedName(leader, hostname)) return []; // see checkAnsweredName
    if (POD_SUFFIX.test(hostname) && !isMachine) return [];
    const why = isMachine ? 'that of the machine (hostNetwork)' : 'not of the form of a pod name';
    return [
      warning(
        `This pod goes by its hostname "${hostname}", which is ${why}. Pods that share it, by hostNetwork or spec.hostname, would all lead.`,
        NAME_BOTH,
      ),
    ];
  }
  if (hostname === podName || hostname.startsWith(`${podName}.`)) return [];
  if (leader === hostname) return []; // see checkAnsweredName
  // The sidecar uses the name of the pod, whatever its hostname is.
  if (leader === podName || self === podName) return [];
  const why = isTruncatedName(podName, hostname)
    ? 'it is the pod name truncated, which other pods may share'
    : isMachine
      ? 'the pod is on hostNetwork'
      : podName.startsWith(`${hostname}-`)
        ? 'spec.hostname is set, and shared by all pods of its template'
        : 'by hostNetwork or spec.hostname';
  return [
    warning(
      `The hostname "${hostname}" is not the pod name "${podName}": ${why}. A sidecar without --id uses it.`,
      SET_ID,
    ),
  ];
}

/** What the name in the answer shows. */
function checkAnsweredName(facts: PodFacts, identity: readonly string[]): readonly Finding[] {
  const answer = answerOf(facts);
  if (answer === undefined) return [];
  const { leader, self } = answer;
  const { env, hostname } = facts;
  const podName = podNameOf(facts);
  if (self !== undefined && !identity.includes(self)) {
    return [
      fault(
        `The sidecar calls this pod "${self}", but it is ${identity.map((name) => `"${name}"`).join(' or ')}.`,
        SET_ID,
      ),
    ];
  }
  if (leader === '' || identity.includes(leader)) return [];
  if (/\$[({]/.test(leader)) {
    const what = `The sidecar names the literal "${leader}": all its pods have that name, so none ever leads.`;
    return [fault(what, `Kubernetes expands $(NAME) from env only. ${SET_ID}`)];
  }
  if (UUID.test(leader)) {
    return [fault(`The sidecar names a UUID, "${leader}", which is not the name of a pod.`, SET_ID)];
  }
  if (leader === env['HOSTNAME'] && leader !== hostname) {
    return [fault(`The sidecar names the value that overwrote HOSTNAME, "${leader}".`, SET_ID)];
  }
  if (podName === undefined && isTruncatedName(leader, hostname)) {
    const what = `The sidecar names "${leader}" in full, but this pod goes by its hostname, which is truncated after 63 characters.`;
    return [fault(what, 'Set MY_POD_NAME from metadata.name in the container of the app.')];
  }
  if (podName !== undefined && isTruncatedName(podName, leader)) {
    return [
      fault(
        `The sidecar names this pod's name truncated after 63 characters, "${leader}", which other pods may share.`,
        SET_ID,
      ),
    ];
  }
  if (podName !== undefined && leader === hostname) {
    return [
      fault(
        `The sidecar names the hostname "${hostname}", but this pod is "${podName}" (hostNetwork or spec.hostname).`,
        SET_ID,
      ),
    ];
  }
  const near = identity.find((name) => leader.toLowerCase() === name.toLowerCase() || leader.startsWith(`${name}.`));
  if (near !== undefined) {
    return [
      fault(
        `The sidecar names "${leader}", which is "${near}" in another spelling, and names are compared exactly.`,
        SET_ID,
      ),
    ];
  }
  return [];
}

function checkHostnameVariable({ env, hostname }: PodFacts): readonly Finding[] {
  const { HOSTNAME: variable } = env;
  if (!variable || variable === hostname) return [];
  return [
    findings('HOSTNAME').warning(
      `HOSTNAME is "${variable}", but the hostname is "${hostname}": an image has overwritten it. This library does not read it, but other code may.`,
      'Use MY_POD_NAME wherever the name of the pod is needed.',
    ),
  ];
}

function podNameOf({ env }: PodFacts): string | undefined {
  return env['MY_POD_NAME'] || env['POD_NAME'] || undefined;
}
