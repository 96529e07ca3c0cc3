import { inModuleContext } from '../runtime/module-context.ts';
import { lossOf } from './loss.ts';
import { RunGroup } from './run-group.ts';
import { RunTerm } from './run-term.ts';
import { runInTerm, type Term } from './term.ts';

/** A term with what its owner needs: a way to end it, and to run tasks in it. */
export class LiveTerm implements Term {
  readonly number: number | undefined;
  readonly electedAt: Date;
  readonly fencingToken: bigint | undefined;
  readonly #look: () => void;
  readonly #controller = new AbortController();
  /** The runs that only this term ends, and the others by the signal that ends them as well. */
  readonly #runs = new RunGroup(() => {});
  readonly #groups = new Map<AbortSignal, RunGroup>();

  /** `look` re-evaluates the standing, which ends the term if the belief in it has lapsed. */
  constructor(number: number | undefined, fencingToken: bigint | undefined, look: () => void) {
    this.number = number;
    this.electedAt = new Date();
    this.fencingToken = fencingToken;
    this.#look = look;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  assertLeader(): void {
    this.#look();
    this.signal.throwIfAborted();
  }

  /** Runs `task` in a term of its own, which ends with this one or when `ending` aborts. */
  async run<T>(task: (term: Term) => T | PromiseLike<T>, ending: AbortSignal | undefined): Promise<T> {
    const run = new RunTerm(this, ending, () => this.#groupOf(ending).keepWhileReadable(run));
    const group = this.#groupOf(ending);
    group.begin(run);
    try {
      return await runInTerm(run, task);
    } finally {
      group.end(run);
    }
  }

  end(reason: string): void {
    const loss = lossOf(this, reason);
    const groups = [this.#runs, ...this.#groups.values()];
    inModuleContext(() => {
      this.#controller.abort(loss);
      for (const group of groups) group.abort(loss);
    });
  }

  #groupOf(ending: AbortSignal | undefined): RunGroup {
    if (ending === undefined) return this.#runs;
    const known = this.#groups.get(ending);
    if (known !== undefined) return known;
    const end = (): void => group.abort(lossOf(this, 'closed', ending.reason));
    const group = new RunGroup(() => {
      ending.removeEventListener('abort', end);
      this.#groups.delete(ending);
    });
    ending.addEventListener('abort', end);
    this.#groups.set(ending, group);
    return group;
  }
}
