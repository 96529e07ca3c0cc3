import { resolveTiming } from '@cluster-leader/core/adapter-kit';
import { answerOf, type PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import { findings, type Finding } from '../finding.ts';

const { ok, warning, fault } = findings('latency');

/** Checks whether the answers come within the time limit of one attempt. */
export function checkLatency(facts: PodFacts, { leaseDurationMs }: Settings): readonly Finding[] {
  if (answerOf(facts) === undefined) return [];
  const tookMs = facts.probes.map((probe) => probe.tookMs).toSorted((one, other) => one - other);
  const slowestMs = tookMs.at(-1) ?? 0;
  const medianMs = tookMs[Math.floor(tookMs.length / 2)] ?? 0;
  const { requestTimeoutMs: limitMs } = resolveTiming({ leaseDurationMs });
  const limit = `an attempt times out after ${limitMs} ms`;
  const change = 'Give the sidecar more CPU, or increase requestTimeoutMs and checkTimeoutMs in your app.';
  if (medianMs >= limitMs) return [fault(`Most answers took ${medianMs} ms or longer, and ${limit}.`, change)];
  // One slow answer is not a fault, because the library retries.
  if (slowestMs >= limitMs / 2) {
    return [warning(`The slowest of ${tookMs.length} answers took ${slowestMs} ms, and ${limit}.`, change)];
  }
  return [ok(`the slowest answer took ${slowestMs} ms, and ${limit}`)];
}
