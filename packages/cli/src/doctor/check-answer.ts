import { findings, type Finding } from './finding.ts';
import { libraryOf, type PodFacts } from './pod-facts.ts';
import { readProbe, type SidecarAnswer } from './sidecar-answer.ts';

/** The limit of one attempt: by default half a second, and less with a short lease. */
const LONGEST_ATTEMPT_MS = 500;
const ATTEMPT_SHARE = 0.05;

/** The newest usable answer, if there is one. */
export function answerOf({ probes }: PodFacts): SidecarAnswer | undefined {
  return probes.map(readProbe).findLast((answer): answer is SidecarAnswer => 'kind' in answer);
}

/** Whether the sidecar answers, fast enough, and which it is. */
export function checkAnswer(facts: PodFacts): readonly Finding[] {
  const url = libraryOf(facts)?.url;
  if (url === undefined) return [];
  const { ok, warning, fault } = findings('answer');
  const wrong = facts.probes.map(readProbe).flatMap((answer) => ('wrong' in answer ? [answer.wrong] : []));
  const [firstWrong] = wrong;
  const answer = answerOf(facts);
  if (answer === undefined) {
    const there = facts.elsewhere.find(({ probe }) => 'kind' in readProbe(probe));
    const change =
      there !== undefined
        ? `Set ELECTOR_GET_URL=${there.url}: there it answers.`
        : 'See that the sidecar container runs in this pod (kubectl logs), and that its --http or port is the one of the address.';
    return [fault(`${url} ${firstWrong ?? 'was not asked'}.`, change)];
  }
  if (firstWrong !== undefined) {
    const what = `${wrong.length} of ${facts.probes.length} questions failed: ${url} ${firstWrong}.`;
    return [
      warning(what, 'See why the sidecar restarts or hangs: its logs, its CPU limit.'),
      ...kindAndLatency(facts, answer),
    ];
  }
  if (answer.leader === '') {
    const change =
      'Wait for one lease; if it stays so, see the logs of the sidecar and its rights (RBAC) on the lease.';
    return [warning('The sidecar answers, but knows of no leader.', change), ...kindAndLatency(facts, answer)];
  }
  return [ok(`"${answer.leader}" leads`), ...kindAndLatency(facts, answer)];
}

function kindAndLatency({ probes, leaseDurationMs }: PodFacts, { kind }: SidecarAnswer): readonly Finding[] {
  const { ok, warning, fault } = findings('latency');
  const tookMs = probes.map((probe) => probe.tookMs).toSorted((one, other) => one - other);
  const slowestMs = tookMs.at(-1) ?? 0;
  const middleMs = tookMs[Math.floor(tookMs.length / 2)] ?? 0;
  const limitMs = Math.min(LONGEST_ATTEMPT_MS, ATTEMPT_SHARE * leaseDurationMs);
  const limit = `an attempt is given up after ${limitMs} ms`;
  const change = 'Give the sidecar more CPU, or set requestTimeoutMs and checkTimeoutMs in your app.';
  const latency =
    middleMs >= limitMs
      ? fault(`Most answers took ${middleMs} ms or longer, and ${limit}.`, change)
      : // One slow answer is no fault: it is asked for again.
        slowestMs >= limitMs / 2
        ? warning(`The slowest of ${probes.length} answers took ${slowestMs} ms, and ${limit}.`, change)
        : ok(`${slowestMs} ms at most, of ${limitMs}`);
  return [findings('sidecar').ok(kind), latency];
}
