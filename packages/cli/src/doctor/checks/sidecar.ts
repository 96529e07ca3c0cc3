import { answerOf, type PodFacts } from '../facts/pod-facts.ts';
import { findings, type Finding } from '../finding.ts';

const { ok, warning } = findings('sidecar');

/** Reports which sidecar answers, and warns of its known defects. */
export function checkSidecar(facts: PodFacts): readonly Finding[] {
  const answer = answerOf(facts);
  if (answer === undefined) return [];
  const { kind, isGuess, weakness } = answer;
  const found = ok(isGuess ? `a guess from the form of the answer: ${kind}` : kind);
  if (weakness === undefined) return [found];
  const change = 'Use another sidecar, such as krmcbride/k8s-leader-elector, or make each job safe to run twice.';
  return [found, warning(`This sidecar ${weakness}.`, change)];
}
