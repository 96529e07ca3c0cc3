import type { DialectTraits } from '../dialect.ts';
import type { ElectionTiming } from '../election-timing.ts';
import type { SidecarLife } from '../sidecar-life.ts';
import type { LockClient } from './lock-client.ts';

/** How one program stands for election. */
export interface Candidacy {
  /** Runs until the program exits by itself, and then resolves; rejects when the sidecar's life ends. */
  run(): Promise<void>;
}

/** What a candidacy needs from its sidecar. */
export interface CandidacyOptions {
  readonly name: string;
  readonly timing: ElectionTiming;
  readonly traits: DialectTraits;
  readonly api: LockClient;
  readonly life: SidecarLife;
  /** Receives the leader's name whenever the program would report it; empty if it knows of none. */
  readonly claim: (leader: string) => void;
}
