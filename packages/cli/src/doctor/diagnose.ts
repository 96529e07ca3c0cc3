import { checkAnswer } from './checks/check-answer.ts';
import { checkEndpoint } from './checks/check-endpoint.ts';
import { checkIdentity } from './checks/check-identity.ts';
import { checkLease } from './checks/check-lease.ts';
import { checkProcesses, checkPush } from './checks/check-pod.ts';
import type { Finding } from './finding.ts';
import type { PodFacts } from './facts/pod-facts.ts';

/** Runs all checks, from the address of the sidecar to its lease. */
export function diagnose(facts: PodFacts): readonly Finding[] {
  return [checkEndpoint, checkAnswer, checkIdentity, checkProcesses, checkPush, checkLease].flatMap((check) =>
    check(facts),
  );
}
