import { checkAnswer } from './checks/answer.ts';
import { checkEndpoint } from './checks/endpoint.ts';
import { checkHostnameVariable, checkIdentity } from './checks/identity.ts';
import { checkLatency } from './checks/latency.ts';
import { checkLease } from './checks/lease.ts';
import { checkLocalhost } from './checks/localhost.ts';
import { checkLock } from './checks/lock.ts';
import { checkProcesses } from './checks/processes.ts';
import { checkPush } from './checks/push.ts';
import { checkSidecar } from './checks/sidecar.ts';
import type { PodFacts } from './facts/pod-facts.ts';
import type { Settings } from './facts/settings.ts';
import { findings, type Finding } from './finding.ts';

/** Checks one aspect of a pod whose settings the library accepts. */
type Check = (facts: PodFacts, settings: Settings) => readonly Finding[];

/** In the order of the report: from the address of the sidecar to its lease. */
const CHECKS: readonly Check[] = [
  checkEndpoint,
  checkLocalhost,
  checkAnswer,
  checkSidecar,
  checkLatency,
  checkIdentity,
  checkHostnameVariable,
  checkProcesses,
  checkPush,
  checkLock,
  checkLease,
];

/** Runs all checks; if the library refuses the settings, only those that do not need them. */
export function diagnose(facts: PodFacts): readonly Finding[] {
  const { settings } = facts;
  if ('problem' in settings) {
    const { fault } = findings('settings');
    const change = 'Correct this setting in the environment of the container.';
    return [fault(settings.problem, change), ...checkProcesses(facts)];
  }
  return CHECKS.flatMap((check) => check(facts, settings));
}
