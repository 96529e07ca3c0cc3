import type { GateRules } from '../gate/gate-options.ts';

/** The job names for which Agenda has queried, and which of them are leader-only. */
export class JobNames {
  readonly #rules: Pick<GateRules, 'isLeaderOnly' | 'listed'>;
  readonly #isLeaderOnly = new Map<string, boolean>();

  constructor(rules: Pick<GateRules, 'isLeaderOnly' | 'listed'>) {
    this.#rules = rules;
  }

  /** Adds a name; throws if the `leaderOnly` function does not return a boolean for it. */
  add(name: string): void {
    this.#isLeaderOnly.set(name, this.#rules.isLeaderOnly(name));
  }

  /** Whether only the leader takes jobs of this name. True for all names while a listed name is unknown: it may be a typo. */
  isForLeader(name: string): boolean {
    return (this.#isLeaderOnly.get(name) ?? this.#rules.isLeaderOnly(name)) || this.#unknown.length > 0;
  }

  /** The names, among those added, of jobs that only the leader takes. */
  get forLeader(): readonly string[] {
    return [...this.#isLeaderOnly.keys()].filter((name) => this.isForLeader(name));
  }

  /** The warning to print while `leaderOnly` lists names that no job has; undefined if all are known. */
  get warning(): string | undefined {
    const unknown = this.#unknown;
    if (unknown.length === 0) return undefined;
    const known = [...this.#isLeaderOnly.keys()].join(', ');
    return (
      `leaderOnly names ${unknown.join(', ')}, but it must name jobs that are defined here, which are ${known}. ` +
      'Until then only the leader takes jobs, of any name, since an unknown name may be a typo. ' +
      'List only defined jobs, or pass a function.'
    );
  }

  get #unknown(): readonly string[] {
    return this.#rules.listed.filter((name) => !this.#isLeaderOnly.has(name));
  }
}
