/** What the signals and the quit key of `dev` have asked for so far. */
export class EndRequests {
  readonly #first = Promise.withResolvers<void>();
  readonly #onUrgent: () => void;
  #isAsked = false;
  #count = 0;

  /** `onUrgent` is called when a second request means not to wait for the grace period. */
  constructor(onUrgent: () => void) {
    this.#onUrgent = onUrgent;
  }

  /** Resolves at the first request. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Whether the apps are to be killed at once. */
  get isUrgent(): boolean {
    return this.#count > 1;
  }

  /** Records a request: a received signal, or the quit key. */
  readonly add = (signal?: NodeJS.Signals): void => {
    this.#isAsked = true;
    this.#first.resolve();
    // SIGHUP may mean that the output is closed. It does not count, because Ctrl-C ends both ends of a pipe.
    if (signal !== 'SIGHUP') this.#count += 1;
    if (this.isUrgent) this.#onUrgent();
  };
}
