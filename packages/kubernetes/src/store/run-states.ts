import type { RunState } from '@cluster-leader/ledger';

const STATES: Readonly<Record<RunState, true>> = {
  running: true,
  succeeded: true,
  failed: true,
  interrupted: true,
  skipped: true,
  abandoned: true,
};

/** Every state of a run; the ledger is an optional peer, of which only types are imported. */
export const RUN_STATE_NAMES: readonly RunState[] = Object.keys(STATES).filter((name) => isState(name));

function isState(name: string): name is RunState {
  return Object.hasOwn(STATES, name);
}
