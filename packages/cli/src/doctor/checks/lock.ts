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
  return [judgeHolder(lock, answerOf(facts)?.leader, identity)];
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
  return info(what, problem);
}

function absent({ object }: Extract<LockFacts, { kind: 'absent' }>): Finding {
  return warning(
    `${object} does not exist. An app with lockRecord does not lead as long as that is so.`,
    'Set CLUSTER_LEADER_LOCK to the kind and name of the lock of the sidecar, and MY_POD_NAMESPACE to its namespace.',
  );
}

/** Compares holder and answer. They may differ for a moment while the lead changes, so an answer about others is no fault. */
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
