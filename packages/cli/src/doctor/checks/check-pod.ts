import { answerOf } from './check-answer.ts';
import { findings, type Finding } from '../finding.ts';
import { libraryOf, type PodFacts } from '../facts/pod-facts.ts';

/** Whether several processes of this pod run the same app: they have one name, so all of them lead at once. */
export function checkProcesses({ processes }: PodFacts): readonly Finding[] {
  const { ok, warning } = findings('processes');
  const apps = new Map<string, Map<string, number>>();
  for (const { pid, worker } of processes) {
    if (worker === undefined) continue;
    const instances = apps.get(worker.app) ?? new Map<string, number>();
    // A worker's own children may have inherited its number.
    if (!instances.has(worker.number)) instances.set(worker.number, pid);
    apps.set(worker.app, instances);
  }
  const several = [...apps.values()].filter((instances) => instances.size > 1);
  if (several.length === 0) return [ok('no two workers of one app')];
  return several.map((instances) =>
    warning(
      `Several processes of this pod run the same app (${[...instances.values()].join(', ')}): they share its name, so all of them lead at once.`,
      'Run scheduled jobs in only one of them, or one process in each pod.',
    ),
  );
}

/** Whether the sidecar reports changes by itself. */
export function checkPush(facts: PodFacts): readonly Finding[] {
  const { ok, warning } = findings('push');
  const { env, push } = facts;
  const { ELECTOR_SSE_URL: eventsUrl } = env;
  const url = libraryOf(facts)?.url;
  if (url === undefined) return [];
  if (!eventsUrl || push === undefined) {
    if (answerOf(facts)?.canPush !== true) return [ok('none; the app polls the sidecar')];
    return [
      warning(
        'The sidecar can push changes, and ELECTOR_SSE_URL is not set.',
        `Set ELECTOR_SSE_URL=${new URL('/sse', url).href}.`,
      ),
    ];
  }
  if (push.kind === 'stream') return [ok(`events come from ${eventsUrl}`)];
  const what =
    push.kind === 'failed'
      ? `gives no event (${push.code})`
      : `answers with status ${push.status} and ${push.contentType}, which is not an event stream`;
  return [
    warning(
      `ELECTOR_SSE_URL ${eventsUrl} ${what}. The app learns of changes only by polling.`,
      "Set it to nais/elector's /sse, or unset it.",
    ),
  ];
}
