/** Prints a message of `exec` itself on stderr, because stdout belongs to the command. */
export function say(message: string): void {
  process.stderr.write(`cluster-leader exec: ${message}\n`);
}
