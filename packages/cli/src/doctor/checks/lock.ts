import type { LockFacts } from '../facts/lock-facts.ts';
import { answerOf, type PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import { findings, type Finding } from '../finding.ts';

const { ok, info, warning, fault } = findings('lock');

/** Checks the lock record, if it can be read from here, against what the sidecar answers. */
export function checkLock(facts: PodFacts, { identity }: Settings): readonly Finding[] {
  const { env, lock } = facts;
  if (lock === undefined) return [notRead(env)];
  if (lock.kind === 'refused') {
    return [fault(lock.problem, 'Correct this setting in the environment of the container.')];
  }
  if (lock.kind === 'unread') return [unread(lock)];
  if (lock.kind === 'absent') return [absent(lock)];
  const leader = answerOf(facts)?.leader;
  return [judgeAge(lock, leader, identity) ?? judgeHolder(lock, leader, identity)];
}

function notRead({ CLUSTER_LEADER_LOCK: lock }: PodFacts['env']): Finding {
  if (lock) return info('The lock record is not checked, because this is not a cluster.', 'Run doctor in a pod.');
  return info(
    'The lock record is not checked, because CLUSTER_LEADER_LOCK is not set.',
    'To check it, set CLUSTER_LEADER_LOCK to the lock of the sidecar, such as lease/my-app.',
  );
}

function unread({ object, problem }: Extract<LockFacts, { kind: 'unread' }>): Finding {
  const what = `${object} cannot be read. An app with lockRecord does not lead as long as that is so.`;
  return warning(what, problem);
}

function absent({ object }: Extract<LockFacts, { kind: 'absent' }>): Finding {
  return warning(
    `${object} does not exist. An app with lockRecord does not lead as long as that is so.`,
    'Set CLUSTER_LEADER_LOCK to the kind and name of the lock of the sidecar, and MY_POD_NAMESPACE to its namespace.',
  );
}

/**
 * Finds that this pod leads with a record that it no longer renews. The age of another pod's record is not judged, because
 * it was written by the clock of another machine.
 */
function judgeAge(
  { object, record, readAt }: Extract<LockFacts, { kind: 'record' }>,
  leader: string | undefined,
  identity: readonly string[],
): Finding | undefined {
  const { holder, renewedAt, leaseDurationMs } = record;
  if (leader !== holder || !identity.includes(holder)) return undefined;
  if (renewedAt === undefined || leaseDurationMs === undefined) return undefined;
  const ageMs = readAt.getTime() - renewedAt.getTime();
  if (ageMs < leaseDurationMs) return undefined;
  const age = `${Math.round(ageMs / 1_000)} s, although its lease is ${leaseDurationMs / 1_000} s`;
  return fault(
    `${object}: the sidecar names this pod, but has not renewed it for ${age}. Another pod may take it at any moment.`,
    'Check in the logs of the sidecar whether it reaches the API server and may update the object.',
  );
}

/** Compares holder and answer. They may differ for a moment while the lead changes, so an answer that names another pod is not a fault. */
function judgeHolder(
  { object, record }: Extract<LockFacts, { kind: 'record' }>,
  leader: string | undefined,
  identity: readonly string[],
): Finding {
  const { holder } = record;
  const holds = holder === '' ? 'nobody holds it' : `"${holder}" holds it`;
  if (leader === undefined || leader === holder) return ok(`${object}: ${holds}`);
  const what = `${object}: ${holds}, but the sidecar ${leader === '' ? 'names no leader' : `names "${leader}"`}`;
  if (identity.includes(leader)) {
    return fault(
      `${what}, which is this pod. Without lockRecord, two pods lead.`,
      'Run doctor again, in case the lead has just changed. If this stays, check whether the sidecar reaches the API server, and whether CLUSTER_LEADER_LOCK names its lock.',
    );
  }
  return warning(
    `${what}.`,
    'Run doctor again, in case the lead has just changed. If this stays, check whether CLUSTER_LEADER_LOCK names the lock of the sidecar.',
  );
}
