/** The exit code of a command line that can not be obeyed: sysexits' EX_USAGE, apart from every answer's code. */
export const USAGE_EXIT_CODE = 64;

/** A command line that can not be obeyed; the message names what was given and the rule. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
