import { answerOf, type PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import { findings, type Finding } from '../finding.ts';

const { ok, warning } = findings('push');

/** Checks whether the app receives changes from the sidecar's event stream. */
export function checkPush(facts: PodFacts, { url }: Settings): readonly Finding[] {
  const { env, push } = facts;
  const { ELECTOR_SSE_URL: eventsUrl } = env;
  if (!eventsUrl || push === undefined) {
    if (answerOf(facts)?.canPush !== true) return [ok('none; the app polls the sidecar')];
    return [
      warning(
        'The sidecar can push changes, but ELECTOR_SSE_URL is not set.',
        `Set ELECTOR_SSE_URL=${new URL('/sse', url).href}.`,
      ),
    ];
  }
  if (push.kind === 'stream') return [ok(`events come from ${eventsUrl}`)];
  const problem =
    push.kind === 'failed'
      ? `sends no event (${push.code})`
      : `answers with status ${push.status} and ${push.contentType}, which is not an event stream`;
  return [
    warning(
      `ELECTOR_SSE_URL ${eventsUrl} ${problem}. The app learns of changes only by polling.`,
      'Set it to the /sse path of nais/elector, or unset it.',
    ),
  ];
}
