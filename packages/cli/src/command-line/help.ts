/** The commands, in the order in which a new user meets them. */
const COMMAND_HELP = {
  dev: `Usage: cluster-leader dev [options] -- <command>

Runs your app as replicas on this machine. Each gets its own identity, its own
sidecar in one real election, and the environment of a pod: MY_POD_NAME,
ELECTOR_GET_URL, ELECTOR_SSE_URL (nais), CLUSTER_LEADER_LEASE, and a PORT.

  --replicas <n>     how many, 1 to 20 (default 3)
  --lease <time>     the lease of the election (default
                     $CLUSTER_LEADER_LEASE, else 10s)
  --dialect <name>   which sidecar they get: leader-elector (default),
                     leader-elector-head or nais
  --restart          restarts a replica that dies, as a kubelet does
  --grace <time>     from SIGTERM to SIGKILL at the end (default 5s)

On a terminal it shows who leads, and keys kill, restart, pause, cut off and
heal a replica. Elsewhere it writes prefixed lines. Ctrl-C sends SIGTERM to all
apps; a second one kills them. Exits with 1 if all replicas have died and not
all of them with exit code 0.

Example: cluster-leader dev --replicas 2 -- node app.mjs`,
  status: `Usage: cluster-leader status [--json] [--lease <time>]

Asks the sidecar of this pod once whether the pod leads.
Exit code: 0 leader, 1 follower, 2 unknown, 64 wrong usage or environment.

  --json             one line of JSON instead of words
  --lease <time>     the lease that the sidecar runs with (default
                     $CLUSTER_LEADER_LEASE, else 10s)

Example: cluster-leader status && ./send-invoices.sh`,
  watch: `Usage: cluster-leader watch [--json] [--lease <time>]

Writes a line whenever the standing of this pod or the name of the leader
changes, until Ctrl-C or SIGTERM ends it.

  --json             a line of JSON for each change
  --lease <time>     the lease that the sidecar runs with (default
                     $CLUSTER_LEADER_LEASE, else 10s)

Example: cluster-leader watch --json`,
  exec: `Usage: cluster-leader exec [options] -- <command>

Runs a command if this pod leads, and ends it when leadership is lost: by
SIGTERM, and by SIGKILL after the grace. All signals are forwarded to the
command. SIGINT and SIGTERM start the grace, a second one kills.

Exit code: the command's own (128 and the number of the signal that ended it);
0 if the command was skipped because another pod leads; 75 if it was skipped
because it is not known who leads, or ended because leadership was lost;
64 for wrong usage or environment.

  --wait [<time>]    waits until this pod leads, for as long as it takes or for
                     this time, and then exits with 75: for the main command
                     of a container
  --grace <time>     from SIGTERM to SIGKILL (default 10s)
  --skip-code <n>    the exit code if another pod leads (default 0)
  --lease <time>     the lease that the sidecar runs with (default
                     $CLUSTER_LEADER_LEASE, else 10s)

A command of a single word is a line for the shell.

Example: cluster-leader exec -- ./send-invoices.sh --all`,
  doctor: `Usage: cluster-leader doctor [--lease <time>]

Checks from inside a pod what this library depends on: the sidecar's address,
its answer and latency, whether its names are this pod's, processes, push, the
lease. Reports for each finding what is wrong and what to change. What it can
only guess, it calls a guess. Exit code: 1 if there is a fault, else 0.

  --lease <time>     what your app sets as leaseDurationMs (default
                     $CLUSTER_LEADER_LEASE, else 10s)

Example: kubectl exec my-pod -c app -- npx @cluster-leader/cli doctor`,
} as const;

/** The name of a command. */
export type CommandName = keyof typeof COMMAND_HELP;

/** Whether `name` is the name of a command. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMAND_HELP, name);
}

/** The help of one command. */
export function commandHelp(name: CommandName): string {
  return COMMAND_HELP[name];
}

/** All commands, with an example. */
export function help(): string {
  return `Usage: cluster-leader <command> [options]

  dev       runs your app as replicas on this machine, with a real election
  status    reports whether this pod leads: exit 0 leader, 1 follower, 2 unknown
  watch     writes a line for each change
  exec      runs a command only if this pod leads
  doctor    finds what is wrong in a pod, and what to change
  help      prints this text, or the help of a command

In a pod, commands find the sidecar and the name of the pod as your app does:
from ELECTOR_GET_URL, MY_POD_NAME and so on. On your own machine there is no
sidecar: use dev, or set CLUSTER_LEADER_MODE=always. --version prints the
version.

Example: cluster-leader dev -- node app.mjs`;
}
