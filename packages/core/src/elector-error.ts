/** Why the sidecar gave no usable answer: nobody answered, or what answered was no sidecar's answer. */
export class ElectorError extends Error {
  override readonly name = 'ElectorError';
  readonly reason: 'unreachable' | 'invalid-answer';

  constructor(reason: ElectorError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
