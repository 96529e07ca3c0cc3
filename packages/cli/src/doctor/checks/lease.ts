import { answerOf, type PodFacts } from '../facts/pod-facts.ts';
import type { Settings } from '../facts/settings.ts';
import type { SidecarAnswer } from '../facts/sidecar-answer.ts';
import { findings, type Finding } from '../finding.ts';
import { configuredLease, type ConfiguredLease } from './configured-lease.ts';

const { ok, warning, fault } = findings('lease');
const TOO_LONG = 'if the declared lease is too long, the app may believe that it leads after a take-over';
const TOO_SHORT = 'if the declared lease is too short, the app may believe a false claim after a pause';

/** Checks whether the lease that the app declares is the one that the sidecar runs with. */
export function checkLease(facts: PodFacts, { leaseDurationMs: declaredMs }: Settings): readonly Finding[] {
  const configured = facts.processes.map(configuredLease).find((lease) => lease !== undefined) ?? recordedLease(facts);
  if (configured !== undefined) return [judgeConfigured(declaredMs, configured)];
  const answer = answerOf(facts);
  return answer === undefined ? [] : [judgeGuessed(declaredMs, answer)];
}

/** The lease that the holder's sidecar has written into the lock record, if that was read. A release writes a lease of 1 s. */
function recordedLease({ lock }: PodFacts): ConfiguredLease | undefined {
  if (lock?.kind !== 'record') return undefined;
  const { holder, leaseDurationMs: ms } = lock.record;
  return holder === '' || ms === undefined ? undefined : { ms, setting: lock.object };
}

function judgeConfigured(declaredMs: number, { ms, setting }: ConfiguredLease): Finding {
  if (declaredMs === ms) return ok(`${inSeconds(ms)}, the same as the sidecar's (${setting})`);
  const why = declaredMs > ms ? TOO_LONG : TOO_SHORT;
  const what = `The app declares a lease of ${inSeconds(declaredMs)}, but the sidecar runs with ${inSeconds(ms)} (${setting}): ${why}.`;
  return fault(what, declare([ms]));
}

/** Judges by the default leases of the sidecars that answer in this form. The longest is safe with all of them. */
function judgeGuessed(declaredMs: number, { defaultLeases }: SidecarAnswer): Finding {
  if (defaultLeases.length === 0) return ok(`${inSeconds(declaredMs)}; the sidecar leads until its pod is deleted`);
  const longestMs = Math.max(...defaultLeases.map(({ ms }) => ms));
  const leases = defaultLeases.map(({ sidecar, ms }) => `${inSeconds(ms)} (${sidecar})`).join(' or ');
  const guess = `A guess, because the sidecar's settings are not visible from here: its lease is ${leases}`;
  if (declaredMs === longestMs) return ok(`${inSeconds(declaredMs)}. ${guess}.`);
  const declares = `${guess}, and the app declares ${inSeconds(declaredMs)}`;
  if (!defaultLeases.some(({ ms }) => ms === declaredMs)) {
    const change = declare(defaultLeases.map(({ ms }) => ms));
    return warning(`${declares}: ${declaredMs > longestMs ? TOO_LONG : TOO_SHORT}.`, change);
  }
  const longer = defaultLeases
    .filter(({ ms }) => ms > declaredMs)
    .map(({ sidecar }) => sidecar)
    .join(' and ');
  return warning(
    `${declares}, which is too short for ${longer}: ${TOO_SHORT}.`,
    `If the sidecar is ${longer}, set CLUSTER_LEADER_LEASE=${longestMs / 1_000}s. Otherwise change nothing.`,
  );
}

function declare(leasesMs: readonly number[]): string {
  const settings = leasesMs.map((ms) => `CLUSTER_LEADER_LEASE=${ms / 1_000}s`);
  return `Set ${settings.join(' or ')}, or leaseDurationMs in the app: it must be the lease of the sidecar.`;
}

function inSeconds(ms: number): string {
  return `${ms / 1_000} s`;
}
