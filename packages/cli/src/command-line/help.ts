/** The help of each command, in the order in which a new user needs them. */
const COMMAND_HELP = {
  dev: `Usage: cluster-leader dev [options] -- <command>

Runs your app as replicas on this machine. Each replica has its own identity,
its own sidecar in one real election, and the environment of a pod:
MY_POD_NAME, ELECTOR_GET_URL, ELECTOR_SSE_URL (nais), CLUSTER_LEADER_LEASE, a
PORT, and what kubernetesLock() needs to read the lock record.

  --replicas <n>     number of replicas, 1 to 20 (default 3)
  --dialect <name>   the sidecar that each replica gets: leader-elector
                     (default), leader-elector-head, kkosmrli, nais,
                     krmcbride or vapor
  --lease <time>     the lease of the election (default
                     $CLUSTER_LEADER_LEASE, else 10s; 15s for kkosmrli)
  --restart          restarts a replica that dies, as a kubelet does
  --grace <time>     from SIGTERM to SIGKILL at the end (default 5s)

On a terminal it shows which replica leads, and keys kill, restart, pause, cut
off and heal a replica. A sidecar that is cut off can go on to say that it
leads: then two replicas lead, or one if the app has lockRecord. Otherwise it
prints the output with prefixes, and exits when all apps have ended: with 0 if
all of them exited with 0, else 1.
Ctrl-C sends SIGTERM to all apps; a second one kills them.

Example: cluster-leader dev --replicas 2 -- node app.mjs`,
  status: `Usage: cluster-leader status [--json] [--lease <time>]

Asks the sidecar once whether this pod leads. With CLUSTER_LEADER_LOCK, such as
lease/my-app, it also reads the lock record, and prints the fencing token of
the leader, and the holder, age and version of the record.
Exit code: 0 leader, 1 follower, 2 unknown, 64 invalid usage or environment.

  --json             prints one line of JSON instead of words
  --lease <time>     the lease that the sidecar runs with (default
                     $CLUSTER_LEADER_LEASE, else 10s)

To run something on the leader, use exec: a script after status does not learn
of a lost leadership.

Example: cluster-leader status --json`,
  watch: `Usage: cluster-leader watch [--json] [--lease <time>]

Prints a line whenever the standing of this pod, the name of the leader or the
fencing token changes, until Ctrl-C or SIGTERM. It reads the lock record if
CLUSTER_LEADER_LOCK is set.

  --json             prints a line of JSON for each change
  --lease <time>     the lease that the sidecar runs with (default
                     $CLUSTER_LEADER_LEASE, else 10s)

Example: cluster-leader watch --json`,
  exec: `Usage: cluster-leader exec [options] -- <command>

Runs a command if this pod leads. When leadership is lost, the command receives
SIGTERM, and SIGKILL after the grace period. Signals are forwarded to the
command; SIGINT and SIGTERM also start the grace period, and a second one
kills. With CLUSTER_LEADER_LOCK, such as lease/my-app, this pod leads only while
the lock record confirms it, and the command finds the fencing token of its
term in CLUSTER_LEADER_FENCING_TOKEN.

Exit code: the command's own, or 128 plus the number of the signal that ended
it; 0 if the command was skipped because another pod leads; 75 if it was
skipped because the leader is unknown, or ended because leadership was lost;
64 for invalid usage or environment.

  --wait [<time>]    waits until this pod leads, without a limit or for this
                     time, and then exits with 75. For the main command of a
                     container
  --grace <time>     from SIGTERM to SIGKILL (default 10s)
  --skip-code <n>    the exit code if another pod leads (default 0)
  --lease <time>     the lease that the sidecar runs with (default
                     $CLUSTER_LEADER_LEASE, else 10s)

A command of a single word is a command line for the shell.

Example: cluster-leader exec -- ./send-invoices.sh --all`,
  doctor: `Usage: cluster-leader doctor [--lease <time>]

Checks from inside a pod what this library depends on: the address of the
sidecar, its answer and latency, the names of the pod, processes, push, the
lock record if CLUSTER_LEADER_LOCK is set, and the lease. For each problem it
prints what is wrong and what to change. What it cannot know for certain is
marked as a guess. Exit code: 1 if there is a fault, else 0.

  --lease <time>     what your app sets as leaseDurationMs (default
                     $CLUSTER_LEADER_LEASE, else 10s)

Example: kubectl exec my-pod -c app -- npx @cluster-leader/cli doctor`,
  runs: `Usage: cluster-leader runs --namespace <name> [options]

Lists the runs that the ledger recorded, the newest first: slot, job, attempt,
pod and state, whether the run was made up, when it started and how long it
took. Between them it shows the times without a leader. It only reads.

CLUSTER_LEADER_STORE names the store of the ledger:

  postgres://...     a database; needs pg
  redis://...        a Redis; needs redis or ioredis
  mongodb://...      the database in the URL; needs mongodb
  configmap[/<name>] ConfigMaps in Kubernetes, read as the service account of
                     the pod. They record no times without a leader

The driver is that of the app in the current folder.

  --namespace <name> the namespace of the ledger
  --job <name>       only the runs of this job
  --state <state>    only running, succeeded, failed, interrupted, skipped or
                     abandoned
  --limit <n>        number of runs, 1 to 1000 (default 50)
  --json             prints a line of JSON for each run and each such time

Example: cluster-leader runs --namespace billing --state failed`,
} as const;

/** The name of a command. */
export type CommandName = keyof typeof COMMAND_HELP;

/** Whether `name` is the name of a command. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMAND_HELP, name);
}

/** Returns the help of one command. */
export function commandHelp(name: CommandName): string {
  return COMMAND_HELP[name];
}

/** Returns the list of all commands, with an example. */
export function help(): string {
  return `Usage: cluster-leader <command> [options]

  dev       runs your app as replicas on this machine, with a real election
  status    prints whether this pod leads: exit 0 leader, 1 follower, 2 unknown
  watch     prints a line for each change
  exec      runs a command only if this pod leads
  doctor    finds what is wrong in a pod, and what to change
  runs      lists the runs that the ledger recorded
  help      prints this text, or the help of a command

In a pod, commands find the sidecar and the name of the pod as your app does:
from ELECTOR_GET_URL, MY_POD_NAME and so on. Your own machine has no sidecar:
use dev, or set CLUSTER_LEADER_MODE=always. --version prints the version.

Example: cluster-leader dev -- node app.mjs`;
}
