/** The exit code of a command line that cannot be obeyed: EX_USAGE of sysexits, which no answer has. */
export const USAGE_EXIT_CODE = 64;

/** A command line that cannot be obeyed; the message names what was given and the rule. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
