// Matches the text alone, because each logger puts it in another form: Node.js's warnings, Nest's lines, JSON.
const WARNING =
  /the hostname .* differs from \$MY_POD_NAME .* does not count as a name of this pod|\$CLUSTER_LEADER_LOCK is set, but nothing reads the lock record/;
const HINT = /^\(Use `node --trace-warnings /;

/**
 * Makes a filter for the lines of one process that drops two warnings of core, and Node.js's hint after them: that the
 * hostname differs from the pod's name, because replicas on one machine share it, and that nothing reads the lock record,
 * because it is not the user who has set the variable.
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
