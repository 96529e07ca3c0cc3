/** The result of one check. */
export interface Finding {
  /**
   * A fault breaks the election or lets two pods lead; a warning is something that could. An info is something that was
   * not checked, and why.
   */
  readonly level: 'ok' | 'info' | 'warning' | 'fault';
  /** What was checked, in one word. */
  readonly check: string;
  /** What was found. */
  readonly what: string;
  /** What to change; absent if all is well. Its lines after the first are a manifest, to be copied as it is. */
  readonly change?: string;
}

/** Returns functions that make the findings of one check. */
export function findings(check: string): {
  readonly ok: (what: string) => Finding;
  readonly info: (what: string, change: string) => Finding;
  readonly warning: (what: string, change: string) => Finding;
  readonly fault: (what: string, change: string) => Finding;
} {
  return {
    ok: (what) => ({ level: 'ok', check, what }),
    info: (what, change) => ({ level: 'info', check, what, change }),
    warning: (what, change) => ({ level: 'warning', check, what, change }),
    fault: (what, change) => ({ level: 'fault', check, what, change }),
  };
}
