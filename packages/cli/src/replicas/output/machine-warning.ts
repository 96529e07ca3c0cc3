// Matches the text alone, because each logger puts it in another form: Node.js's warnings, Nest's lines, JSON.
const WARNING = /the hostname .* differs from \$MY_POD_NAME .* does not count as a name of this pod/;
const HINT = /^\(Use `node --trace-warnings /;

/**
 * Makes a filter for the lines of one process that drops core's warning that the hostname differs from the pod's name,
 * and Node.js's hint after it. Replicas on one machine share its hostname; in a cluster each pod has its own.
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
