import { inspect } from 'node:util';

/** The stable codes of {@link ClusterLeaderError}; each has a page in docs/errors. */
export type ClusterLeaderErrorCode =
  | 'ERR_INVALID_OPTION'
  | 'ERR_LEADER_UNKNOWN'
  | 'ERR_NOT_LEADER'
  | 'ERR_NO_TERM'
  | 'ERR_WAIT_TIMEOUT'
  | 'ERR_CLOSED'
  | 'ERR_MISWIRED';

/** The one class of errors that this library throws on purpose: decide by `code`. The message ends with the address of its page. */
export class ClusterLeaderError extends Error {
  override readonly name = 'ClusterLeaderError';
  /** Stable across releases, unlike the message. */
  readonly code: ClusterLeaderErrorCode;

  constructor(code: ClusterLeaderErrorCode, message: string, options?: ErrorOptions) {
    super(`${message} See docs/errors/${code}.md`, options);
    this.code = code;
  }
}

/**
 * Makes the error for an impossible setting: it names the option or the environment variable, its value and the rule.
 *
 * Of an object only the own fields are shown, not what they hold: that may be a password.
 */
export function invalidOption(option: string, value: unknown, rule: string): ClusterLeaderError {
  return new ClusterLeaderError(
    'ERR_INVALID_OPTION',
    `${option} is ${inspect(value, { depth: 0 })}, but it must be ${rule}.`,
  );
}
