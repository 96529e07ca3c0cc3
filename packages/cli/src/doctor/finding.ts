/** One thing that the doctor has looked at. */
export interface Finding {
  /** A fault breaks the election or lets two pods lead; a warning may do so. */
  readonly level: 'ok' | 'warning' | 'fault';
  /** What was looked at. */
  readonly check: string;
  readonly what: string;
  /** What to change; absent if nothing needs to be. */
  readonly change?: string;
}

/** Makes the findings of one check. */
export function findings(check: string): {
  readonly ok: (what: string) => Finding;
  readonly warning: (what: string, change: string) => Finding;
  readonly fault: (what: string, change: string) => Finding;
} {
  return {
    ok: (what) => ({ level: 'ok', check, what }),
    warning: (what, change) => ({ level: 'warning', check, what, change }),
    fault: (what, change) => ({ level: 'fault', check, what, change }),
  };
}
