/** The exit code for wrong usage: EX_USAGE of sysexits.h, which no command uses for a result. */
export const USAGE_EXIT_CODE = 64;

/** A command line that does not follow the syntax. The message names what was given and the rule. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
