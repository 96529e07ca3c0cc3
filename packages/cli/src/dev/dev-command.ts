import { onEndingSignal } from '../processes/received-signals.ts';
import type { ReplicaSet } from '../replicas/replica-set.ts';
import type { ReplicaView } from '../replicas/replica-view.ts';
import { startReplicas } from '../replicas/start-replicas.ts';
import { readDevOptions } from './dev-options.ts';
import type { DevView } from './dev-view.ts';
import { EndRequests } from './end-requests.ts';
import { lineView } from './line-view.ts';
import { narrate } from './narrate.ts';
import { screenView } from './screen/screen-view.ts';

/** `cluster-leader dev`: runs a user's app as replicas on this machine until Ctrl-C, or until all have died. */
export async function dev(args: readonly string[]): Promise<number> {
  const { command, replicas, leaseDurationMs, dialect, graceMs, restart } = readDevOptions(args);
  let set: ReplicaSet | undefined;
  const requests = new EndRequests(() => void set?.close(0));
  const removeListener = onEndingSignal(requests.add);
  const isTerminal = process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb';
  const names = Array.from({ length: replicas }, (_, index) => `pod-${index + 1}`);
  const view = isTerminal ? screenView(command.join(' '), requests.add) : lineView(names);
  try {
    set = await startReplicas({
      command,
      replicas,
      leaseDurationMs,
      dialect,
      restart,
      graceMs,
      onOutput: (name, lines) => view.output(name, lines),
    });
    const narrateChanges = narrator(set, view);
    narrateChanges();
    view.show(set);
    const allDead = Promise.withResolvers<void>();
    const update = (): void => {
      narrateChanges();
      // On a terminal the user may restart them by key.
      if (!isTerminal && !restart && isAllDead(set?.view() ?? [])) allDead.resolve();
    };
    set.on('change', update);
    update();
    await Promise.race([requests.first, allDead.promise]);
    view.ending();
    const ended = set.view();
    await set.close(requests.isUrgent ? 0 : graceMs);
    return requests.isAsked ? 0 : exitCodeOf(ended);
  } finally {
    view.close();
    removeListener();
  }
}

/** Returns a function that describes to `view` what has changed since its last call. */
function narrator(set: ReplicaSet, view: DevView): () => void {
  let before: readonly ReplicaView[] = [];
  let terms = 0;
  return () => {
    const after = set.view();
    const narration = narrate(before, after, terms);
    ({ terms } = narration);
    before = after;
    for (const sentence of narration.sentences) view.say(sentence);
    view.refresh();
  };
}

function isAllDead(replicas: readonly ReplicaView[]): boolean {
  return replicas.every(({ state }) => state === 'dead');
}

function exitCodeOf(replicas: readonly ReplicaView[]): number {
  return replicas.every(({ exit }) => exit?.code === 0) ? 0 : 1;
}
