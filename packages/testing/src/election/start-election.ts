import { startInThisProcess } from '../host/in-this-process.ts';
import type { StartRun } from '../host/sidecar-run.ts';
import { Election } from './election.ts';
import { resolveOptions, type ElectionOptions } from './election-options.ts';

/**
 * Starts an election on loopback and resolves once the first candidate leads and every sidecar names it.
 *
 * Only the cluster is simulated. Sockets, the lease and the rules by which it passes on are real, and with `processes`
 * so are the signals. Each candidate can be killed, paused, cut off from the API server and made to answer anything.
 * Close the election when done. Rejects with ERR_INVALID_OPTION if options contradict each other.
 *
 * @example
 * ```ts
 * const election = await startElection({ leaseDurationMs: 1_000 });
 * const [first] = election.candidates;
 * await first?.kill();
 * console.log(`${await election.nextHolder()} has taken over`);
 * await election.close();
 * ```
 */
export async function startElection(options: ElectionOptions = {}): Promise<Election> {
  const settings = resolveOptions(options);
  const election = new Election(settings, settings.processes ? startInOwnProcess : startInThisProcess);
  try {
    await election.start();
  } catch (error) {
    await election.close();
    throw error;
  }
  return election;
}

/** Loads the module when needed: Jest compiles this package to CommonJS, in which `import.meta` is a syntax error. */
const startInOwnProcess: StartRun = async (...args) => {
  const module = await import('../host/in-own-process.ts');
  return module.startInOwnProcess(...args);
};
