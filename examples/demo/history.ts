/** One tick of the schedule, and the replicas that ran the job in it. */
export interface Tick {
  readonly atMs: number;
  readonly ranOn: readonly string[];
}

/** Records what the replicas have done. */
export class History {
  readonly #runs = new Map<number, string[]>();
  #leader: string | undefined;
  #killedAtMs: number | undefined;
  #takenOverAtMs: number | undefined;

  /** The replica that was elected last, unless it has been demoted or killed since. */
  get leader(): string | undefined {
    return this.#leader;
  }

  /** The time from the kill to the next election, in milliseconds; undefined before that. */
  get takeOverMs(): number | undefined {
    if (this.#killedAtMs === undefined || this.#takenOverAtMs === undefined) return undefined;
    return this.#takenOverAtMs - this.#killedAtMs;
  }

  elected(name: string, atMs: number): void {
    this.#leader = name;
    if (this.#killedAtMs !== undefined) this.#takenOverAtMs ??= atMs;
  }

  demoted(name: string): void {
    if (this.#leader === name) this.#leader = undefined;
  }

  killed(name: string, atMs: number): void {
    this.#killedAtMs = atMs;
    this.demoted(name);
  }

  ran(name: string, tickMs: number): void {
    this.#runs.set(tickMs, [...(this.#runs.get(tickMs) ?? []), name]);
  }

  /** Returns every second from the first run to the last, or to `untilMs` if that is later, including those without a run. */
  ticks(untilMs = 0): readonly Tick[] {
    const atMs = [...this.#runs.keys()];
    if (atMs.length === 0) return [];
    const [first, last] = [Math.min(...atMs), Math.max(...atMs, Math.floor(untilMs / 1_000) * 1_000)];
    return Array.from({ length: (last - first) / 1_000 + 1 }, (_, index) => {
      const tickMs = first + 1_000 * index;
      return { atMs: tickMs, ranOn: this.#runs.get(tickMs) ?? [] };
    });
  }

  /** The totals so far. */
  get summary(): Summary {
    const ticks = this.ticks();
    const runs = ticks.flatMap(({ ranOn }) => ranOn).length;
    const missed = ticks.filter(({ ranOn }) => ranOn.length === 0).length;
    return {
      ticks: ticks.length,
      runs,
      duplicates: runs + missed - ticks.length,
      ticksWithoutLeader: missed,
      takeOverSeconds: this.takeOverMs === undefined ? undefined : Math.round(this.takeOverMs / 100) / 10,
    };
  }
}

/** The totals of a demo. */
export interface Summary {
  readonly ticks: number;
  readonly runs: number;
  /** Runs beyond the first of a tick. */
  readonly duplicates: number;
  readonly ticksWithoutLeader: number;
  readonly takeOverSeconds: number | undefined;
}
