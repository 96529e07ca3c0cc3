import type { VisibleProcess } from '../facts/processes.ts';

/** The lease that a sidecar was started with, and the flag or variable that sets it. */
export interface ConfiguredLease {
  readonly ms: number;
  readonly setting: string;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads the lease from the settings of a sidecar; undefined if the process is not one, or does not set its lease. */
export function configuredLease({ commandLine, electionLease }: VisibleProcess): ConfiguredLease | undefined {
  if (!/elect/i.test(commandLine)) return undefined;
  const [, flag = '', time = ''] = /(--?(?:ttl|lease-duration))[= ](\S+)/.exec(commandLine) ?? [];
  const flagMs = goDurationMs(time);
  if (flagMs !== undefined) return { ms: flagMs, setting: flag };
  const ms = goDurationMs(electionLease ?? '');
  return ms === undefined ? undefined : { ms, setting: 'ELECTION_LEASE_DURATION' };
}

/** Parses a duration of Go, which sidecars use, in milliseconds: unlike the library's, it may have several parts (`1m30s`). */
function goDurationMs(text: string): number | undefined {
  if (!/^([\d.]+(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS[unit] ?? Number.NaN), 0);
}
