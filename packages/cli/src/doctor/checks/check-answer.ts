import { findings, type Finding } from '../finding.ts';
import { libraryOf, type PodFacts } from '../facts/pod-facts.ts';
import type { Probe } from '../facts/probe.ts';
import { readProbe, type SidecarAnswer } from '../facts/sidecar-answer.ts';

/** The limit of one attempt: half a second by default, and less with a short lease. */
const LONGEST_ATTEMPT_MS = 500;
const ATTEMPT_SHARE = 0.05;

/** The newest usable answer, if there is one. */
export function answerOf({ probes }: PodFacts): SidecarAnswer | undefined {
  return probes.map(readProbe).findLast((answer): answer is SidecarAnswer => 'kind' in answer);
}

/** Whether the sidecar answers, fast enough, and which it is. */
export function checkAnswer(facts: PodFacts): readonly Finding[] {
  const library = libraryOf(facts);
  if (library === undefined) return [];
  const { url, leaseDurationMs } = library;
  const { ok, warning, fault } = findings('answer');
  const wrong = facts.probes.map(readProbe).flatMap((answer) => ('wrong' in answer ? [answer] : []));
  const [firstWrong] = wrong;
  const answer = answerOf(facts);
  if (answer === undefined) {
    const there = facts.elsewhere.find(({ probe }) => 'kind' in readProbe(probe));
    const change =
      there === undefined
        ? (firstWrong?.change ??
          'Check that the sidecar container runs in this pod (kubectl logs), and that it listens on the port of the address.')
        : `Set ELECTOR_GET_URL=${there.url}: there it answers.`;
    return [fault(`${url} ${firstWrong?.wrong ?? 'was not asked'}.`, change)];
  }
  if (firstWrong !== undefined) {
    const what = `${wrong.length} of ${facts.probes.length} requests failed: ${url} ${firstWrong.wrong}.`;
    return [
      warning(what, 'Find out why the sidecar restarts or hangs: read its logs, check its CPU limit.'),
      ...kindAndLatency(facts.probes, leaseDurationMs, answer),
    ];
  }
  if (answer.leader === '') {
    const change =
      'Wait for one lease. If it stays so, check the logs of the sidecar and its rights (RBAC) on the lease.';
    return [
      warning('The sidecar answers, but names no leader.', change),
      ...kindAndLatency(facts.probes, leaseDurationMs, answer),
    ];
  }
  return [ok(`"${answer.leader}" leads`), ...kindAndLatency(facts.probes, leaseDurationMs, answer)];
}

function kindAndLatency(probes: readonly Probe[], leaseDurationMs: number, answer: SidecarAnswer): readonly Finding[] {
  return [...checkKind(answer), checkLatency(probes, leaseDurationMs)];
}

function checkKind({ kind, isGuess, weakness }: SidecarAnswer): readonly Finding[] {
  const { ok, warning } = findings('sidecar');
  const found = ok(isGuess ? `a guess by the form of the answer: ${kind}` : kind);
  if (weakness === undefined) return [found];
  const change = 'Use another sidecar, such as krmcbride/k8s-leader-elector, or make each job safe to run twice.';
  return [found, warning(`This sidecar ${weakness}.`, change)];
}

function checkLatency(probes: readonly Probe[], leaseDurationMs: number): Finding {
  const { ok, warning, fault } = findings('latency');
  const tookMs = probes.map((probe) => probe.tookMs).toSorted((one, other) => one - other);
  const slowestMs = tookMs.at(-1) ?? 0;
  const middleMs = tookMs[Math.floor(tookMs.length / 2)] ?? 0;
  const limitMs = Math.min(LONGEST_ATTEMPT_MS, ATTEMPT_SHARE * leaseDurationMs);
  const limit = `an attempt times out after ${limitMs} ms`;
  const change = 'Give the sidecar more CPU, or set requestTimeoutMs and checkTimeoutMs in your app.';
  if (middleMs >= limitMs) return fault(`Most answers took ${middleMs} ms or longer, and ${limit}.`, change);
  // A single slow answer is not a fault: the library asks again.
  if (slowestMs >= limitMs / 2) {
    return warning(`The slowest of ${probes.length} answers took ${slowestMs} ms, and ${limit}.`, change);
  }
  return ok(`${slowestMs} ms at most, of ${limitMs}`);
}
