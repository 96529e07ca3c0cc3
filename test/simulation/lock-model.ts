import { uidOf, type ApiFault, type LockChange } from '../support/replay/lock-history.ts';
import type { RecordedAnswer, Recording } from '../support/replay/recording.ts';

/**
 * Elections with lock records, for faults that the recordings do not contain. In each, pod-1 leads at first, renews the
 * lock every 2.5 s of a lease of 10 s, and its sidecar claims longer than it may.
 */

const RENEWAL_MS = 2_500;
const LEASE_MS = 10_000;

/** The lock is deleted, nobody takes it, and the sidecar claims on. */
export function deletedForGood(): Recording {
  return model([names(0, 'pod-1', 'pod-1')], [...renewals('pod-1', 0, 20_000), { atMs: 20_000, record: undefined }]);
}

/** Answers are 3 s late until shortly before the lock is released to pod-2, so that they arrive after newer ones. */
export function lateAnswers(): Recording {
  return model(
    [
      names(0, 'pod-1', 'pod-1'),
      names(0, 'pod-2', 'pod-1'),
      names(20_500, 'pod-2', 'pod-2'),
      names(30_000, 'pod-1', 'pod-2'),
    ],
    [...renewals('pod-1', 0, 20_500), ...renewals('pod-2', 20_500, 40_000)],
    [{ fromMs: 17_000, toMs: 20_000, does: 'answers late', byMs: 3_000 }],
  );
}

/** The lock passes to pod-2 at once; pod-1 learns it, and its sidecar claims it again for 3 s. */
export function falseClaimAfterRelease(): Recording {
  return model(
    [
      names(0, 'pod-1', 'pod-1'),
      names(0, 'pod-2', 'pod-1'),
      names(20_000, 'pod-1', 'pod-2'),
      names(20_000, 'pod-2', 'pod-2'),
      names(24_000, 'pod-1', 'pod-1'),
      names(27_000, 'pod-1', 'pod-2'),
    ],
    [...renewals('pod-1', 0, 20_000), ...renewals('pod-2', 20_000, 40_000)],
  );
}

/** The clock of the node is set back by 5 s just before a black hole of the sidecar, 7 s later also of the app. */
export function clockSetBack(): Recording {
  const ahead = renewals('pod-1', 0, 20_000, 5_000);
  return model(takenOver(), [...ahead, ...renewals('pod-2', 30_500, 40_000)], [cutOff(27_000)]);
}

/** An app that starts 7 s after a black hole of its sidecar sees an old record for the first time, then is cut off too. */
export function lateApp(): Recording {
  const recording = model(
    takenOver(),
    [...renewals('pod-1', 0, 20_000), ...renewals('pod-2', 30_500, 40_000)],
    [cutOff(29_000)],
  );
  return { ...recording, marks: [{ atMs: 27_000, event: 'the app of pod-1 starts' }] };
}

/** A pod of a StatefulSet lives on after its object was force-deleted, and the sidecar of the new pod has the same name. */
export function recreatedPod(): Recording {
  const record = { holder: 'pod-1', renewedAtMs: undefined, version: 7n, uid: 'lock', ownerUid: uidOf('pod-1') };
  const answers = [names(0, 'pod-1', 'pod-1'), names(20_000, 'its successor', 'pod-1')];
  return { ...model(answers, [{ atMs: 0, record }]), sidecar: 'nais' };
}

function model(
  answers: readonly RecordedAnswer[],
  changes: readonly LockChange[],
  faults: readonly ApiFault[] = [],
): Recording {
  return { sidecar: 'head', endMs: 40_000, marks: [], answers, lock: { changes, faults } };
}

function takenOver(): readonly RecordedAnswer[] {
  return [names(0, 'pod-1', 'pod-1'), names(0, 'pod-2', 'pod-1'), names(30_500, 'pod-2', 'pod-2')];
}

function cutOff(fromMs: number): ApiFault {
  return { fromMs, toMs: Infinity, pod: 'pod-1', does: 'hangs' };
}

/** The renewals of a holder from the first time to the last, by a clock that is ahead. */
function renewals(holder: string, fromMs: number, toMs: number, aheadMs = 0): readonly LockChange[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / RENEWAL_MS) + 1 }, (_none, index) => {
    const atMs = fromMs + index * RENEWAL_MS;
    const version = BigInt(1 + atMs);
    return { atMs, record: { holder, renewedAtMs: atMs + aheadMs, leaseDurationMs: LEASE_MS, version, uid: 'lock' } };
  });
}

function names(atMs: number, pod: string, leader: string): RecordedAnswer {
  return { atMs, pod, status: 200, body: JSON.stringify({ name: leader }) };
}
