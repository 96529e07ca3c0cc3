/** Percentiles of many measurements, in milliseconds. */
export interface Distribution {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export function distributionOf(measuredMs: readonly number[]): Distribution {
  const sorted = measuredMs.toSorted((one, other) => one - other);
  const at = (share: number): number => round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

export function median(values: readonly number[]): number {
  return distributionOf(values).p50;
}

/** Rounds to three digits; a benchmark is never more precise. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** Prints the results of a benchmark: a table, or one line of JSON if the program was started with `--json`. */
export function show(name: string, rows: Readonly<Record<string, object>>): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ [name]: rows }));
    return;
  }
  console.log(`\n${name}`);
  console.table(rows);
}
