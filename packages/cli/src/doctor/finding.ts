/** The result of one check. */
export interface Finding {
  /** A fault breaks the election or lets two pods lead; a warning is something that could. */
  readonly level: 'ok' | 'warning' | 'fault';
  /** What was checked, in one word. */
  readonly check: string;
  /** What was found. */
  readonly what: string;
  /** What to change; absent if all is well. */
  readonly change?: string;
}

/** Returns functions that make the findings of one check. */
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
