import { Sidecar } from '../sidecar/sidecar.ts';
import type { RunEnd, StartRun } from './sidecar-run.ts';

/** Runs a sidecar in the caller's process. */
export const startInThisProcess: StartRun = async (settings, report) => {
  const sidecar = new Sidecar(settings, report);
  const port = await sidecar.start();
  const { promise: ended, resolve } = Promise.withResolvers<RunEnd>();
  const end = async (how: RunEnd): Promise<void> => {
    await sidecar.end();
    resolve(how);
  };
  void sidecar.exited.then(() => end('exited'));
  return {
    port,
    pid: undefined,
    ended,
    stop: () => sidecar.stop(),
    continue: () => sidecar.continue(),
    // SIGTERM and SIGKILL are the same: the real programs have no shutdown of their own.
    end: () => end('killed'),
    answer: (script) => sidecar.answer(script),
  };
};
