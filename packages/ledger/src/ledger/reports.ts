import { Emitter, type HarmlessLogger } from '@cluster-leader/core/adapter-kit';
import { errorText } from './error-text.ts';
import type { LedgerEvents } from './ledger-events.ts';

/** Emits the ledger's events, each with its line in the log. */
export class Reports {
  readonly #logger: HarmlessLogger;
  readonly #emitter: Emitter<LedgerEvents>;

  readonly #warned = new Set<string>();
  #downSinceMs: number | undefined;

  constructor(logger: HarmlessLogger) {
    this.#logger = logger;
    this.#emitter = new Emitter((error) => logger.warn(`A listener of the ledger has thrown: ${errorText(error)}`));
  }

  on<Name extends keyof LedgerEvents>(name: Name, listener: (event: LedgerEvents[Name]) => unknown): () => void {
    return this.#emitter.on(name, listener);
  }

  skipped(event: LedgerEvents['skipped']): void {
    this.#logger.debug(`Skipped ${describe(event)}: ${event.reason}.`);
    this.#emit('skipped', event);
  }

  /** `isChosen`: the job makes nothing up, so that this is no reason to warn. */
  gaveUp(event: LedgerEvents['gaveUp'], isChosen: boolean): void {
    const slots = event.count === 1 ? 'slot' : 'slots';
    const range = `${event.from.toISOString()} to ${event.to.toISOString()}`;
    const message = `Gave up ${event.count} missed ${slots} of ${event.job}, ${range}.`;
    if (isChosen) this.#logger.info(message);
    else this.#logger.warn(message);
    this.#emit('gaveUp', event);
  }

  interrupted(event: LedgerEvents['interrupted']): void {
    const next = event.rerun ? 'It will be run again.' : 'It is not run again, as the job has it.';
    this.#logger.warn(`Attempt ${event.attempt} of ${describe(event)} was interrupted on ${event.pod}. ${next}`);
    this.#emit('interrupted', event);
  }

  abandoned(event: LedgerEvents['abandoned']): void {
    this.#logger.warn(
      `Abandoned ${describe(event)} after attempt ${event.attempt}, which was interrupted on ${event.pod}.`,
    );
    this.#emit('abandoned', event);
  }

  failed(event: LedgerEvents['failed']): void {
    this.#logger.warn(`${describe(event)}, which was made up, has failed: ${errorText(event.error)}`);
    this.#emit('failed', event);
  }

  unavailable(error: unknown): void {
    this.#downSinceMs = performance.now();
    this.#logger.warn(`The ledger's store does not answer, so that runs are skipped: ${errorText(error)}`);
    this.#emit('unavailable', { error });
  }

  available(): void {
    const unavailableMs = Math.round(performance.now() - (this.#downSinceMs ?? performance.now()));
    this.#downSinceMs = undefined;
    this.#logger.info("The ledger's store answers again.");
    this.#emit('available', { unavailableMs });
  }

  clockSkew(skewMs: number): void {
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    const message = `The clock of this pod is ${Math.abs(skewMs)} ms ${direction} the one of the ledger's store.`;
    this.#logger.warn(`${message} Synchronise them: beyond 5 s ahead, each run is skipped as clock-ahead.`);
    this.#emit('clockSkew', { skewMs });
  }

  /** The store has refused a call: a mistake in the set-up, which is reported once. */
  refused(error: unknown): void {
    this.#warnOnce(`The ledger's store refuses a call: ${errorText(error)}`);
  }

  /** The host's function that enumerates slots is at fault, which is reported once for each job. */
  enumerationFailed(job: string, problem: string): void {
    this.#warnOnce(`Cannot enumerate the slots of ${job}, so that missed ones stay unknown: ${problem}.`, job);
  }

  /** A sweep, or what it has found, has stopped early. If the store does not answer, that is known already. */
  sweepFailed(error: unknown): void {
    if (this.#downSinceMs === undefined) this.#warnOnce(`Looking for missed slots has failed: ${errorText(error)}`);
  }

  #warnOnce(message: string, key = message): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#logger.warn(message);
  }

  #emit<Name extends keyof LedgerEvents>(name: Name, event: LedgerEvents[Name]): void {
    this.#emitter.queue(name, event);
    this.#emitter.deliver();
  }
}

function describe({ job, slot }: { readonly job: string; readonly slot: Date }): string {
  return `${job} of ${slot.toISOString()}`;
}
