/** Why the sidecar gave no usable answer: it did not answer, or what answered is not a leader-elector sidecar. */
export class ElectorError extends Error {
  override readonly name = 'ElectorError';
  readonly reason: 'unreachable' | 'invalid-answer';
  /** True if the sidecar accepted a connection and then stayed silent, false if it refused one since, else undefined. */
  readonly wasSilent: boolean | undefined;

  constructor(reason: ElectorError['reason'], message: string, options: ElectorErrorOptions = {}) {
    super(message, options);
    this.reason = reason;
    this.wasSilent = options.wasSilent;
  }
}

interface ElectorErrorOptions extends ErrorOptions {
  readonly wasSilent?: boolean | undefined;
}
