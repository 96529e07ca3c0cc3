import type { ReplicaView } from '../replicas/replica-view.ts';
import type { Exit } from '../processes/supervisor-messages.ts';

/** Puts into words how an app ended. */
export function exitInWords({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : signal;
}

const ADVICE = 'an app with lockRecord steps down, any other app goes on';

/** Describes what happened between two moments, one sentence for each event. `terms` is the number of earlier terms. */
export function narrate(
  before: readonly ReplicaView[],
  after: readonly ReplicaView[],
  terms: number,
): { readonly sentences: readonly string[]; readonly terms: number } {
  const sentences: string[] = [];
  let count = terms;
  for (const [index, replica] of after.entries()) {
    const was = before[index];
    const { name, state, leads, holdsLock, isCutOff, exit, port, problem } = replica;
    if (state !== was?.state) {
      if (state === 'dead' && exit !== undefined) sentences.push(`${name} is dead (${exitInWords(exit)})`);
      if (state === 'paused') sentences.push(`${name} is paused`);
      if (state === 'running') {
        sentences.push(was?.state === 'paused' ? `${name} is resumed` : `${name} runs with PORT=${port}`);
      }
    }
    if (problem !== undefined && problem !== was?.problem) sentences.push(`${name}: ${problem}`);
    if (isCutOff !== (was?.isCutOff ?? false)) {
      sentences.push(`the sidecar of ${name} is ${isCutOff ? 'cut off from' : 'connected again to'} the API server`);
    }
    if (leads && was?.leads !== true) sentences.push(`${name} leads, term ${(count += 1)}`);
    if (leads && !holdsLock && was?.holdsLock === true) {
      sentences.push(`${name} has lost the lock, but its sidecar says that it leads: ${ADVICE}`);
    }
    if (!leads && was?.leads === true && state === 'running') sentences.push(`${name} no longer leads`);
  }
  return { sentences, terms: count };
}
