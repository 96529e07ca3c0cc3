import { expect, it } from 'vitest';
import { withoutMachineWarning } from './machine-warning.ts';

it('drops the warnings that the hostname is not the pod name and that nothing reads the lock record, and no other', () => {
  const filter = withoutMachineWarning();
  const text = 'the hostname "vm" differs from $MY_POD_NAME "pod-1", so it does not count as a name of this pod.';
  const warning = `(node:7) ClusterLeaderWarning: Leader election: ${text}`;
  const hint = '(Use `node --trace-warnings ...` to show where the warning was created)';
  const other = '(node:7) ClusterLeaderWarning: The leader is not known: refused';
  expect(filter([`WARN [ClusterLeader] ${text}`, JSON.stringify({ msg: text })])).toEqual([]);
  const lock = '$CLUSTER_LEADER_LOCK is set, but nothing reads the lock record: pass lockRecord: kubernetesLock()';
  expect(filter([`(node:7) ClusterLeaderWarning: Leader election: ${lock}`, hint, 'c'])).toEqual(['c']);
  expect(filter(['a', warning])).toEqual(['a']);
  expect(filter([hint, 'b', other, hint])).toEqual(['b', other, hint]);
});
