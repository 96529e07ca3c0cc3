import { Sidecar } from '../sidecar/sidecar.ts';
import type { RunEnd, StartRun } from './sidecar-run.ts';

/** Runs a sidecar in the caller's process. */
export const startInThisProcess: StartRun = async (settings, report) => {
  const sidecar = new Sidecar(settings, report);
  const port = await sidecar.start();
  const { promise: ended, resolve } = Promise.withResolvers<RunEnd>();
  const end = async (how: RunEnd, orderly: boolean): Promise<void> => {
    await (orderly ? sidecar.terminate() : sidecar.end());
    resolve(how);
  };
  void sidecar.exited.then(() => end('exited', false));
  return {
    port,
    pid: undefined,
    ended,
    stop: () => sidecar.stop(),
    continue: () => sidecar.continue(),
    end: (orderly) => end('killed', orderly),
    answer: (script) => sidecar.answer(script),
  };
};
