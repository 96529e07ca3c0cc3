import type { ReplicaView } from '../../replicas/replica-view.ts';

/** The state of a replica in one second. A replica leads if its sidecar names it. */
export type Mark = 'leads' | 'follows' | 'paused' | 'paused-leader' | 'dead';

/** One second of one replica. */
export interface Cell {
  readonly mark: Mark;
  /** The number of the term that began in this second, if one did. */
  readonly term?: number | undefined;
}

interface Change {
  readonly atMs: number;
  readonly mark: Mark;
  readonly term?: number | undefined;
}

/** One column is one second, and no terminal has 600. */
const KEPT_MS = 600_000;

/** Remembers which replica led in which second, for as long as a screen can show it. */
export class Timeline {
  readonly #changes = new Map<string, Change[]>();
  readonly #leading = new Set<string>();
  #terms = 0;

  /** The number of terms that have begun. */
  get terms(): number {
    return this.#terms;
  }

  /** Records the state of the replicas at `atMs`. */
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
      // The oldest change that is kept applies at the left edge of the screen.
      while ((changes[1]?.atMs ?? atMs) < atMs - KEPT_MS) changes.shift();
    }
  }

  /** Returns the last `seconds` before `nowMs`, oldest first; undefined for seconds before the first record. */
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

/** A second in which the replica led at any moment shows that; any other second shows the last state in it. */
function cellOf(changes: readonly Change[], fromMs: number, toMs: number): Cell | undefined {
  const within = changes.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
  const before = changes.findLast(({ atMs }) => atMs <= fromMs);
  const shown = within.findLast(({ mark }) => mark === 'leads') ?? within.at(-1) ?? before;
  if (shown === undefined) return undefined;
  return { mark: shown.mark, term: within.findLast(({ term }) => term !== undefined)?.term };
}
