/** Prints a warning, for problems that no caller can catch. Core's default logger does the same. */
export function warn(message: string): void {
  process.emitWarning(message, 'ClusterLeaderWarning');
}
