import type { RunRecord } from '@cluster-leader/ledger';
import type { Gap } from './gaps.ts';
import type { Row } from './rows.ts';

const HEAD = ['SLOT', 'JOB', 'ATTEMPT', 'MADE UP', 'POD', 'STATE', 'STARTED', 'TOOK'] as const;

/** Formats rows as lines: one for each run, under a head, and one for each gap. */
export function table(rows: readonly Row[]): readonly string[] {
  const runs = rows.flatMap((row) => (row.kind === 'run' ? [cellsOf(row.run)] : []));
  const widths = HEAD.map((name, column) => Math.max(name.length, ...runs.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(HEAD), ...rows.map((row) => (row.kind === 'run' ? line(cellsOf(row.run)) : gapInWords(row.gap)))];
}

/** Formats a row as a line of JSON. A fencing token is a text, because JSON has no bigint. */
export function jsonLine(row: Row): string {
  const fields = row.kind === 'run' ? { kind: row.kind, ...row.run } : { kind: row.kind, ...row.gap };
  return JSON.stringify(fields, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

function cellsOf({ slot, job, attempt, madeUp, pod, state, claimedAt, endedAt }: RunRecord): readonly string[] {
  const took = endedAt === undefined ? '' : inSeconds(claimedAt, endedAt);
  const cells = [slot.toISOString(), job, String(attempt), madeUp ? 'yes' : '', pod, state];
  return [...cells, claimedAt.toISOString(), took].map(printable);
}

function gapInWords({ election, from, to, after, reason }: Gap): string {
  const who = `${after}${reason === undefined ? '' : `: ${reason}`}`;
  const start = `-- no leader of ${election} `;
  if (from === undefined) {
    return printable(
      `-- ${after} led ${election} and did not record its end; the next term began ${to?.toISOString()}`,
    );
  }
  if (to === undefined) return printable(`${start}since ${from.toISOString()} (after ${who})`);
  return printable(`${start}for ${inSeconds(from, to)} from ${from.toISOString()} (after ${who})`);
}

function inSeconds(from: Date, to: Date): string {
  return `${((to.getTime() - from.getTime()) / 1_000).toFixed(3)} s`;
}

/** Names come from a store that others write to: control characters must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}
