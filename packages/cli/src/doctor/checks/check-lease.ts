import { answerOf } from './check-answer.ts';
import { findings, type Finding } from '../finding.ts';
import { libraryOf, type PodFacts, type ProcessFact } from '../facts/pod-facts.ts';
import type { SidecarAnswer } from '../facts/sidecar-answer.ts';

/** A lease that a sidecar was started with, and the setting that says so. */
interface ConfiguredLease {
  readonly ms: number;
  readonly setting: string;
}

const { ok, warning, fault } = findings('lease');
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const TOO_LONG = 'a lease that is declared too long outlives a take-over';
const TOO_SHORT = 'after a pause a false claim lasts longer than the app waits for';

/** Whether the lease that the app declares is the one that the sidecar runs with. */
export function checkLease(facts: PodFacts): readonly Finding[] {
  const declaredMs = libraryOf(facts)?.leaseDurationMs;
  if (declaredMs === undefined) return [];
  const configured = facts.processes.map(configuredLease).find((lease) => lease !== undefined);
  if (configured !== undefined) return [judgeConfigured(declaredMs, configured)];
  const answer = answerOf(facts);
  if (answer === undefined) return [];
  return [judgeGuessed(declaredMs, answer)];
}

/** Judges by the defaults of the sidecars that answer so, the longest of which is safe with all of them. */
function judgeGuessed(declaredMs: number, { defaultLeases }: SidecarAnswer): Finding {
  const longestMs = Math.max(...defaultLeases.map(({ ms }) => ms));
  if (defaultLeases.length === 0) return ok(`${inSeconds(declaredMs)}; the sidecar leads until its pod is deleted`);
  const leases = defaultLeases.map(({ sidecar, ms }) => `${inSeconds(ms)} (${sidecar})`).join(' or ');
  const guess = `A guess, since the sidecar's settings cannot be seen from here: its lease is ${leases}`;
  if (declaredMs === longestMs) return ok(`${inSeconds(declaredMs)}. ${guess}.`);
  const declares = `${guess}, and the app declares ${inSeconds(declaredMs)}`;
  const right = defaultLeases.filter(({ ms }) => ms === declaredMs);
  if (right.length === 0) {
    const change = declare(defaultLeases.map(({ ms }) => ms));
    return warning(`${declares}: ${declaredMs > longestMs ? TOO_LONG : TOO_SHORT}.`, change);
  }
  const short = defaultLeases
    .filter(({ ms }) => ms > declaredMs)
    .map(({ sidecar }) => sidecar)
    .join(' and ');
  return warning(
    `${declares}, which is too short for ${short}: ${TOO_SHORT}.`,
    `If the sidecar is ${short}, set CLUSTER_LEADER_LEASE=${longestMs / 1_000}s. Otherwise change nothing.`,
  );
}

function judgeConfigured(declaredMs: number, { ms, setting }: ConfiguredLease): Finding {
  if (declaredMs === ms) return ok(`${inSeconds(ms)}, as the sidecar is started with (${setting})`);
  const why = declaredMs > ms ? TOO_LONG : TOO_SHORT;
  const what = `The app declares a lease of ${inSeconds(declaredMs)}, but the sidecar is started with ${inSeconds(ms)} (${setting}): ${why}.`;
  return fault(what, declare([ms]));
}

function declare(leasesMs: readonly number[]): string {
  const settings = leasesMs.map((ms) => `CLUSTER_LEADER_LEASE=${ms / 1_000}s`);
  return `Set ${settings.join(' or ')}, or leaseDurationMs, to the lease of the sidecar.`;
}

/** The lease in the settings of a sidecar, which can be seen if the containers share their processes. */
function configuredLease({ commandLine, electionLease }: ProcessFact): ConfiguredLease | undefined {
  if (!/elect/i.test(commandLine)) return undefined;
  const [, flag = '', time = ''] = /(--?(?:ttl|lease-duration))[= ](\S+)/.exec(commandLine) ?? [];
  const flagMs = goDurationMs(time);
  if (flagMs !== undefined) return { ms: flagMs, setting: flag };
  const ms = goDurationMs(electionLease ?? '');
  return ms === undefined ? undefined : { ms, setting: 'ELECTION_LEASE_DURATION' };
}

/** Reads a time as Go writes it: 15s, 1m30s, 2.5s. */
function goDurationMs(text: string): number | undefined {
  if (!/^([\d.]+(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS[unit] ?? Number.NaN), 0);
}

function inSeconds(ms: number): string {
  return `${ms / 1_000} s`;
}
