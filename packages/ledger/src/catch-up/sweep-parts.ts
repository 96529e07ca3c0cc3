import type { Reports } from '../ledger/reports.ts';
import type { Heartbeat } from '../runs/heartbeat.ts';
import type { Holder } from '../store/records.ts';
import type { StoreLink } from '../store/store-link.ts';

/** What a sweep needs of its ledger. */
export interface SweepParts {
  readonly link: StoreLink;
  readonly holder: Holder;
  readonly heartbeat: Heartbeat;
  readonly reports: Reports;
  readonly expiryMs: number;
}
