import type { LockRules } from './lock-belief.ts';
import type { LockRecord } from './lock-record.ts';

/** What is probably wrong with the settings, judged by a reading; undefined if nothing is. */
export function warningOf(
  record: LockRecord | undefined,
  wasSeen: boolean,
  { identity, leaseDurationMs }: LockRules,
  description: string,
): string | undefined {
  if (record === undefined) {
    if (wasSeen) return undefined;
    return (
      `${description} does not exist, so it confirms nobody. Give lockRecord the kind, namespace and name of the object ` +
      "that the sidecar's lock is."
    );
  }
  const { holder, leaseDurationMs: stated } = record;
  if (!identity.includes(holder) || stated === undefined || stated === leaseDurationMs) return undefined;
  return (
    `${description} states a lease of ${stated} ms, but leaseDurationMs is ${leaseDurationMs}: set leaseDurationMs to ` +
    'what the sidecar runs with.'
  );
}
