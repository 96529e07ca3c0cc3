import type { PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import { readProbe } from '../facts/sidecar-answer.ts';
import { findings, type Finding } from '../finding.ts';

const { warning, fault } = findings('localhost');

/** Checks that one sidecar answers at all addresses of localhost: it may resolve to both ::1 and 127.0.0.1. */
export function checkLocalhost({ addresses }: PodFacts, { url }: Settings): readonly Finding[] {
  if (addresses.length < 2) return [];
  const answers = addresses.map(({ address, probe }) => ({ address, answer: readProbe(probe) }));
  const first = answers.find(({ answer }) => 'kind' in answer);
  if (first === undefined) return [];
  const host = first.address.includes(':') ? `[${first.address}]` : first.address;
  const change = `Set ELECTOR_GET_URL=http://${host}:${new URL(url).port}/.`;
  const leaders = new Set(answers.flatMap(({ answer }) => ('leader' in answer ? [`"${answer.leader}"`] : [])));
  if (leaders.size > 1) {
    const what = `Several programs answer at localhost, and name different leaders: ${[...leaders].join(', ')}.`;
    return [fault(what, change)];
  }
  const silent = answers.filter(({ answer }) => 'wrong' in answer).map(({ address }) => address);
  if (silent.length === 0) return [];
  const what = `localhost also resolves to ${silent.join(', ')}, but no sidecar answers there: a client that tries only that address fails.`;
  return [warning(what, change)];
}
