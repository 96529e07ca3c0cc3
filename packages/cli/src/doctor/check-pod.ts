import { answerOf } from './check-answer.ts';
import { findings, type Finding } from './finding.ts';
import { libraryOf, type PodFacts } from './pod-facts.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Several processes of one pod have one name, so all of them lead at once. */
export function checkProcesses({ processes }: PodFacts): readonly Finding[] {
  const { ok, warning } = findings('processes');
  const workers = processes.filter(({ worker }) => worker !== undefined);
  // A worker's own children may carry its number.
  if (new Set(workers.map(({ worker }) => worker)).size < 2) return [ok('no workers of one app side by side')];
  const pids = workers.map(({ pid }) => pid).join(', ');
  return [
    warning(
      `Several processes of this pod run the same app (${pids}): they share its name, so all of them lead at once.`,
      'Run scheduled jobs in one of them alone, or one process in each pod.',
    ),
  ];
}

/** Whether news can come by itself. */
export function checkPush(facts: PodFacts): readonly Finding[] {
  const { ok, warning, fault } = findings('push');
  const { env, push } = facts;
  const { ELECTOR_SSE_URL: eventsUrl } = env;
  const answer = answerOf(facts);
  const url = libraryOf(facts)?.url;
  if (!eventsUrl) {
    if (answer?.canPush !== true || url === undefined) return [ok('none; the sidecar is asked about once a second')];
    return [
      warning(
        'The sidecar can push changes, and ELECTOR_SSE_URL is not set.',
        `Set ELECTOR_SSE_URL=${new URL('/sse', url).href}.`,
      ),
    ];
  }
  if (push === undefined) {
    return [fault(`ELECTOR_SSE_URL is "${eventsUrl}", which is no http or https URL.`, 'Correct it, or unset it.')];
  }
  if (push.kind === 'stream') return [ok(`events come from ${eventsUrl}`)];
  const what =
    push.kind === 'failed'
      ? `gives no event (${push.code})`
      : `answers with status ${push.status} and ${push.contentType}, not with an event stream`;
  return [
    warning(
      `ELECTOR_SSE_URL ${eventsUrl} ${what}. News comes by polling alone.`,
      "Set it to nais/elector's /sse, or unset it.",
    ),
  ];
}

/** Whether the lease that the app goes by can be the one that the sidecar runs with. */
export function checkLease(facts: PodFacts): readonly Finding[] {
  const { ok, warning, fault } = findings('lease');
  const { leaseDurationMs, processes } = facts;
  const answer = answerOf(facts);
  const change = 'Set leaseDurationMs to what the sidecar runs with; a longer one outlives a take-over.';
  const told = processes.flatMap(({ commandLine }) => ttlOf(commandLine))[0];
  if (told !== undefined && leaseDurationMs > told) {
    return [
      fault(`The app goes by a lease of ${leaseDurationMs} ms, but the sidecar runs with --ttl ${told} ms.`, change),
    ];
  }
  if (told !== undefined) return [ok(`${leaseDurationMs} ms, of ${told} ms that the sidecar runs with`)];
  if (answer === undefined) return [];
  if (answer.defaultLeaseMs === undefined)
    return [ok(`${leaseDurationMs} ms; the sidecar leads until its pod is deleted`)];
  if (leaseDurationMs > answer.defaultLeaseMs) {
    const what = `The app goes by a lease of ${leaseDurationMs} ms, and the sidecar's is ${answer.defaultLeaseMs} ms unless its --ttl says otherwise.`;
    return [warning(what, change)];
  }
  return [ok(`${leaseDurationMs} ms; see that the sidecar's --ttl is not shorter`)];
}

/** The lease in the command line of a sidecar, which can be seen where the containers share their processes. */
function ttlOf(commandLine: string): readonly number[] {
  if (!/elect/.test(commandLine)) return [];
  // As Go writes them: 15s, 1m30s, 2.5s.
  const [, time] = /--?ttl[= ]((?:[\d.]+(?:ms|s|m|h))+)/.exec(commandLine) ?? [];
  if (time === undefined) return [];
  const parts = [...time.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return [parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS[unit] ?? Number.NaN), 0)];
}
