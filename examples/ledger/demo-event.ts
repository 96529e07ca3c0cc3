/** What happened to a pod, or what it did. */
export interface DemoEvent {
  readonly atMs: number;
  readonly pod: string;
  /** A pod is `refused` a slot that another leader has claimed, and has `billed` one once its row is in the table. */
  readonly what: 'elected' | 'demoted' | 'began' | 'refused' | 'billed' | Fault;
  /** The instant of the schedule, in milliseconds, if the event is about one. */
  readonly slotMs?: number;
  /** Only of `billed`. */
  readonly bill?: Bill;
}

/** What the demo does to pods. */
export type Fault = 'killed' | 'restarted' | 'cut off' | 'reconnected';

/** One run of the job, as the job itself has recorded it. */
export interface Bill {
  readonly id: number;
  readonly slotMs: number;
  readonly pod: string;
  readonly attempt: number;
  readonly madeUp: boolean;
  readonly atMs: number;
}
