import type { SidecarReport } from '../sidecar/sidecar.ts';

/** What the sidecar of one pod has reported about itself, over all of its runs. */
export class SidecarReports {
  readonly #onChange: () => void;
  /** Receives the reports of the present run. Reports of a run that has ended arrive late and are ignored. */
  #receiver: ((report: SidecarReport) => void) | undefined;
  #claim: string | undefined;
  #requests = 0;
  #openStreams = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** The leader that the sidecar names: '' if it knows of none, undefined if it does not run. */
  get claim(): string | undefined {
    return this.#claim;
  }

  /** How many requests all runs have received. */
  get requests(): number {
    return this.#requests;
  }

  /** How many event streams are open. */
  get openStreams(): number {
    return this.#openStreams;
  }

  /** Returns the receiver for a run that is about to start, and ignores earlier runs from now on. */
  startRun(): (report: SidecarReport) => void {
    const receiver = (report: SidecarReport): void => {
      if (this.#receiver === receiver) this.#receive(report);
    };
    this.#receiver = receiver;
    return receiver;
  }

  /** The present run listens: it names nobody unless it has reported otherwise. */
  listening(): void {
    this.#claim ??= '';
    this.#onChange();
  }

  /** The present run has ended. */
  endRun(): void {
    this.#receiver = undefined;
    this.#claim = undefined;
    this.#openStreams = 0;
    this.#onChange();
  }

  #receive(report: SidecarReport): void {
    switch (report.kind) {
      case 'claim':
        this.#claim = report.leader;
        break;
      case 'request':
        this.#requests += 1;
        break;
      case 'streams':
        this.#openStreams = report.open;
        break;
    }
    this.#onChange();
  }
}
