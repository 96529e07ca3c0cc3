// As any logger writes it: Node.js's own warnings, Nest's, one that writes JSON.
const WARNING = /the hostname .* differs from \$MY_POD_NAME .* does not count as a name of this pod/;
const HINT = /^\(Use `node --trace-warnings /;

/**
 * Makes a filter of the lines of one process that leaves out core's warning that the hostname is not the pod's name, and
 * Node.js's hint after it: replicas on one machine share its hostname, and in a cluster each has its own.
 */
export function withoutMachineWarning(): (lines: readonly string[]) => readonly string[] {
  let wasWarning = false;
  return (lines) =>
    lines.filter((line) => {
      const isHint = wasWarning && HINT.test(line);
      wasWarning = WARNING.test(line);
      return !wasWarning && !isHint;
    });
}
