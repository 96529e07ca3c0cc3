import type { PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import { findings, type Finding } from '../finding.ts';
import { judgeAnsweredName } from './answered-name.ts';
import { judgeOwnName } from './own-name.ts';

const { ok } = findings('identity');

/** Checks whether the sidecar's answers can name this pod, and cannot name another pod by the same name. */
export function checkIdentity(facts: PodFacts, { identity }: Settings): readonly Finding[] {
  const problems = [judgeOwnName(facts), judgeAnsweredName(facts, identity)].filter((found) => found !== undefined);
  if (problems.length > 0) return problems;
  return [ok(`this pod is ${identity.map((name) => `"${name}"`).join(' or ')}`)];
}

/** Checks whether an image has overwritten the variable HOSTNAME. */
export function checkHostnameVariable({ env, hostname }: PodFacts): readonly Finding[] {
  const { HOSTNAME: variable } = env;
  if (!variable || variable === hostname) return [];
  return [
    findings('HOSTNAME').warning(
      `HOSTNAME is "${variable}", but the hostname is "${hostname}": an image has overwritten the variable. This library does not read it, but other code may.`,
      'Use MY_POD_NAME wherever the name of the pod is needed.',
    ),
  ];
}
