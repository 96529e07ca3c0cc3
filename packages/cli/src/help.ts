/** The commands, in the order in which a new user meets them. */
const COMMAND_HELP = {
  dev: `Usage: cluster-leader dev [options] -- <command>

Runs your app as replicas on this machine. Each has its own identity, its own
sidecar in one real election, and the environment of a pod: MY_POD_NAME,
ELECTOR_GET_URL, ELECTOR_SSE_URL (nais), a PORT, and LEASE_DURATION_MS.

  --replicas <n>     how many, 1 to 20 (default 3)
  --lease <time>     the lease of the election (default 10s); with another,
                     give your app leaseDurationMs: $LEASE_DURATION_MS
  --dialect <name>   which sidecar they get: leader-elector (default),
                     leader-elector-head or nais
  --restart          starts a replica that dies again, as a kubelet would
  --grace <time>     from SIGTERM to SIGKILL at the end (default 5s)

On a terminal it shows who leads, and keys kill, restart, pause, cut off and
heal a replica; elsewhere it writes prefixed lines. Ctrl-C ends everything; a
second one does not wait. Exits 1 where the replicas have died by themselves.

Example: cluster-leader dev --replicas 2 -- node app.js`,
  status: `Usage: cluster-leader status [--json] [--lease <time>]

Asks the sidecar of this pod once whether the pod leads.
Exit code: 0 leader, 1 follower, 2 unknown, 64 wrong usage or environment.

  --json             one line of JSON instead of words
  --lease <time>     the lease that the sidecar runs with (default 10s)

Example: cluster-leader status && ./send-invoices.sh`,
  watch: `Usage: cluster-leader watch [--json] [--lease <time>]

Writes a line whenever the standing of this pod or the name of the leader
changes, until it is ended by Ctrl-C or SIGTERM.

  --json             a line of JSON for each change
  --lease <time>     the lease that the sidecar runs with (default 10s)

Example: cluster-leader watch --json`,
  exec: `Usage: cluster-leader exec [options] -- <command>

Runs a command where this pod leads, and nowhere else. When leadership is lost
it gets SIGTERM, and SIGKILL when the grace is over. Ctrl-C and the like are
passed on; a second one kills it. Exits with the command's own code (128 and
the number of the signal that ended it), or, where it was skipped, with 0 and a
line on stderr.

  --grace <time>     from SIGTERM to SIGKILL (default 10s)
  --skip-code <n>    the exit code where the command was skipped (default 0)
  --lease <time>     the lease that the sidecar runs with (default 10s)

A command of a single word is a line for the shell.

Example: cluster-leader exec -- ./send-invoices.sh --all`,
  doctor: `Usage: cluster-leader doctor [--lease <time>]

Checks from inside a pod what this library rests on: the sidecar's address, its
answer and latency, whether its names are this pod's, push, the lease. Says for
each finding what is wrong and what to change. Exit code: 1 on a fault, else 0.

  --lease <time>     what your app sets as leaseDurationMs (default 10s)

Example: kubectl exec my-pod -c app -- npx @cluster-leader/cli doctor`,
} as const;

/** The name of a command. */
export type CommandName = keyof typeof COMMAND_HELP;

/** Whether `name` is a command's. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMAND_HELP, name);
}

/** The help of one command. */
export function commandHelp(name: CommandName): string {
  return COMMAND_HELP[name];
}

/** What there is, with an example. */
export function help(): string {
  return `Usage: cluster-leader <command> [options]

  dev       runs your app as replicas on this machine, with a real election
  status    says whether this pod leads: exit 0 leader, 1 follower, 2 unknown
  watch     writes a line for each change
  exec      runs a command on the leader alone
  doctor    finds what is wrong in a pod, and says what to change
  help      this, or the help of a command

In a pod it finds the sidecar and the pod's name as your app does, by
ELECTOR_GET_URL, MY_POD_NAME and so on. cluster-leader --version says which
version this is.

Example: cluster-leader dev -- node app.js`;
}
