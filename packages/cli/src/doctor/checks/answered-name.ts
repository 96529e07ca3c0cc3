import { isTruncatedName } from '@cluster-leader/core/adapter-kit';
import { answerOf, podNameOf, type PodFacts } from '../facts/pod-facts.ts';
import { findings, type Finding } from '../finding.ts';
import { SET_ID } from './set-id.ts';

const { fault } = findings('identity');
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Judges the names in the sidecar's answer: whether they can be those of this pod and of other pods. */
export function judgeAnsweredName(facts: PodFacts, identity: readonly string[]): Finding | undefined {
  const { leader = '', self } = answerOf(facts) ?? {};
  if (self !== undefined && !identity.includes(self)) {
    return fault(
      `The sidecar calls this pod "${self}", but its name is ${identity.map((name) => `"${name}"`).join(' or ')}.`,
      SET_ID,
    );
  }
  if (leader === '' || identity.includes(leader)) return undefined;
  return judgeForm(leader) ?? judgeAgainstPod(leader, facts) ?? judgeSpelling(leader, identity);
}

/** Finds names that no pod has. */
function judgeForm(leader: string): Finding | undefined {
  if (/\$[({]/.test(leader)) {
    return fault(
      `The sidecar names the literal "${leader}", which is not the name of a pod, so no pod ever leads.`,
      `Kubernetes expands $(NAME) only from variables of env. ${SET_ID}`,
    );
  }
  if (UUID.test(leader)) return fault(`The sidecar names a UUID, "${leader}", which is not the name of a pod.`, SET_ID);
  return undefined;
}

/** Finds other names of this pod in place of the right one. */
function judgeAgainstPod(leader: string, facts: PodFacts): Finding | undefined {
  const { env, hostname } = facts;
  const podName = podNameOf(facts);
  if (leader === env['HOSTNAME'] && leader !== hostname) {
    return fault(`The sidecar names "${leader}", the value with which an image has overwritten HOSTNAME.`, SET_ID);
  }
  if (podName === undefined) {
    if (!isTruncatedName(leader, hostname)) return undefined;
    return fault(
      `The sidecar names "${leader}", but this pod is identified by its hostname, which is that name truncated to 63 characters.`,
      'Set MY_POD_NAME from metadata.name in the container of the app.',
    );
  }
  if (isTruncatedName(podName, leader)) {
    return fault(
      `The sidecar names "${leader}", which is this pod's name truncated to 63 characters. Other pods may share it.`,
      SET_ID,
    );
  }
  if (leader !== hostname) return undefined;
  return fault(
    `The sidecar names the hostname "${hostname}", but this pod is "${podName}": hostNetwork or spec.hostname is set.`,
    SET_ID,
  );
}

function judgeSpelling(leader: string, identity: readonly string[]): Finding | undefined {
  const near = identity.find((name) => leader.toLowerCase() === name.toLowerCase() || leader.startsWith(`${name}.`));
  if (near === undefined) return undefined;
  return fault(
    `The sidecar names "${leader}", which is "${near}" in another spelling. Names must match exactly.`,
    SET_ID,
  );
}
