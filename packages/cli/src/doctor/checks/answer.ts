import { answerOf, type PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import { readProbe, type SidecarAnswer, type WrongAnswer } from '../facts/sidecar-answer.ts';
import { findings, type Finding } from '../finding.ts';

const { ok, warning, fault } = findings('answer');
const CHECK_CONTAINER =
  'Check that the sidecar container runs in this pod (kubectl logs), and that it listens on the port of the address.';

/** Checks whether the sidecar answers, and names a leader. */
export function checkAnswer(facts: PodFacts, { url }: Settings): readonly Finding[] {
  const wrong = facts.probes.map(readProbe).filter((answer): answer is WrongAnswer => 'wrong' in answer);
  const answer = answerOf(facts);
  if (answer === undefined) return [noAnswer(facts, url, wrong[0])];
  return [judge(answer, wrong, facts.probes.length, url)];
}

function noAnswer({ elsewhere }: PodFacts, url: string, wrong: WrongAnswer | undefined): Finding {
  const other = elsewhere.find(({ probe }) => 'kind' in readProbe(probe));
  const change =
    other === undefined
      ? (wrong?.change ?? CHECK_CONTAINER)
      : `Set ELECTOR_GET_URL=${other.url}: a sidecar answers there.`;
  return fault(`${url} ${wrong?.wrong ?? 'did not answer'}.`, change);
}

function judge(
  { leader }: SidecarAnswer,
  [wrong, ...more]: readonly WrongAnswer[],
  count: number,
  url: string,
): Finding {
  if (wrong !== undefined) {
    return warning(
      `${more.length + 1} of ${count} requests failed: ${url} ${wrong.wrong}.`,
      'Read the logs of the sidecar and check its CPU limit to find out why it restarts or hangs.',
    );
  }
  if (leader !== '') return ok(`"${leader}" leads`);
  return warning(
    'The sidecar answers, but names no leader.',
    'Wait for one lease duration. If there is still no leader, check the logs of the sidecar and its RBAC permissions on the lease.',
  );
}
