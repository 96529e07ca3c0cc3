import { median } from './statistics.ts';

export interface Cost {
  readonly ns: number;
  readonly cpuNs: number;
}

/** Measures the subjects in turns, so that a disturbance affects all of them, and returns the medians. */
export async function sideBySide<Name extends string>(
  { rounds, times }: { readonly rounds: number; readonly times: number },
  subjects: Readonly<Record<Name, () => void | Promise<void>>>,
): Promise<Readonly<Record<Name, Cost>>> {
  const runs = Object.entries<() => void | Promise<void>>(subjects);
  const costs = runs.map(([name, run]) => ({ name, run, ns: [] as number[], cpuNs: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { run, ns, cpuNs } of costs) {
      const cpu = process.cpuUsage();
      const startedNs = process.hrtime.bigint();
      for (let time = 0; time < times; time += 1) {
        const result = run();
        if (result !== undefined) await result;
      }
      ns.push(Number(process.hrtime.bigint() - startedNs) / times);
      const { user, system } = process.cpuUsage(cpu);
      cpuNs.push((1_000 * (user + system)) / times);
    }
  }
  const medians = costs.map(({ name, ns, cpuNs }) => [name, { ns: median(ns), cpuNs: median(cpuNs) }]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries() forgets the names
  return Object.fromEntries(medians) as Record<Name, Cost>;
}
