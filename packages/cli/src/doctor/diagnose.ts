import { checkAnswer } from './check-answer.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { checkIdentity } from './check-identity.ts';
import { checkLease } from './check-lease.ts';
import { checkProcesses, checkPush } from './check-pod.ts';
import type { Finding } from './finding.ts';
import type { PodFacts } from './pod-facts.ts';

/** Runs all checks, from the address of the sidecar to its lease. */
export function diagnose(facts: PodFacts): readonly Finding[] {
  return [checkEndpoint, checkAnswer, checkIdentity, checkProcesses, checkPush, checkLease].flatMap((check) =>
    check(facts),
  );
}
