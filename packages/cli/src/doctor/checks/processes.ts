import type { PodFacts } from '../facts/pod-facts.ts';
import { findings, type Finding } from '../finding.ts';

const { ok, warning } = findings('processes');

/** Checks whether several processes of this pod run the same app: they share its name, so all of them lead. */
export function checkProcesses({ processes }: PodFacts): readonly Finding[] {
  const apps = new Map<string, Map<string, number>>();
  for (const { pid, worker } of processes) {
    if (worker === undefined) continue;
    const instances = apps.get(worker.app) ?? new Map<string, number>();
    // A worker's own children may have inherited its number.
    if (!instances.has(worker.number)) instances.set(worker.number, pid);
    apps.set(worker.app, instances);
  }
  const several = [...apps.values()].filter((instances) => instances.size > 1);
  if (several.length === 0) return [ok('no two workers of one app')];
  return several.map((instances) =>
    warning(
      `Several processes of this pod run the same app (${[...instances.values()].join(', ')}): they share the name of the pod, so all of them lead at the same time.`,
      'Schedule jobs in only one of them, or run one process per pod.',
    ),
  );
}
