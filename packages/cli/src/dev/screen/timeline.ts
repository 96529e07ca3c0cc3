import type { ReplicaView } from '../../replicas/replica-view.ts';

/** What a replica was in one second. A replica leads if its sidecar names it. */
export type Mark = 'leads' | 'follows' | 'paused' | 'paused-leader' | 'dead';

/** One second of one replica; `term` if a term began in it. */
export interface Cell {
  readonly mark: Mark;
  readonly term?: number | undefined;
}

interface Change {
  readonly atMs: number;
  readonly mark: Mark;
  readonly term?: number | undefined;
}

/** No terminal is wider, in seconds. */
const KEPT_MS = 600_000;

/** Remembers which replica led when, for as long as a screen can show it. */
export class Timeline {
  readonly #changes = new Map<string, Change[]>();
  readonly #leading = new Set<string>();
  #terms = 0;

  /** How many terms have begun. */
  get terms(): number {
    return this.#terms;
  }

  /** Takes note of the replicas as they are at `atMs`. */
  note(replicas: readonly ReplicaView[], atMs: number): void {
    for (const replica of replicas) {
      const { name, leads } = replica;
      const mark = markOf(replica);
      const changes = this.#changes.get(name) ?? [];
      this.#changes.set(name, changes);
      const begins = leads && !this.#leading.has(name);
      if (begins) this.#terms += 1;
      if (leads) this.#leading.add(name);
      else this.#leading.delete(name);
      if (!begins && changes.at(-1)?.mark === mark) continue;
      changes.push({ atMs, mark, term: begins ? this.#terms : undefined });
      // The oldest one that is kept holds at the left edge.
      while ((changes[1]?.atMs ?? atMs) < atMs - KEPT_MS) changes.shift();
    }
  }

  /** The last `seconds` before `nowMs`, oldest first; undefined for time before the first note. */
  cells(name: string, seconds: number, nowMs: number): readonly (Cell | undefined)[] {
    const changes = this.#changes.get(name) ?? [];
    return Array.from({ length: seconds }, (_, index) => {
      const toMs = nowMs - 1_000 * (seconds - 1 - index);
      return cellOf(changes, toMs - 1_000, toMs);
    });
  }
}

function markOf({ state, leads }: ReplicaView): Mark {
  if (state === 'dead' || state === 'starting') return leads ? 'leads' : state === 'dead' ? 'dead' : 'follows';
  if (state === 'paused') return leads ? 'paused-leader' : 'paused';
  return leads ? 'leads' : 'follows';
}

/** Of all that a replica was in a second, a lead shows, however short, and else what it was last. */
function cellOf(changes: readonly Change[], fromMs: number, toMs: number): Cell | undefined {
  const within = changes.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
  const before = changes.findLast(({ atMs }) => atMs <= fromMs);
  const shown = within.findLast(({ mark }) => mark === 'leads') ?? within.at(-1) ?? before;
  if (shown === undefined) return undefined;
  return { mark: shown.mark, term: within.findLast(({ term }) => term !== undefined)?.term };
}
