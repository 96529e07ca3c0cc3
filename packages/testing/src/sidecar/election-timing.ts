/** The three durations of a lease election. */
export interface ElectionTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** While acquiring, tries are up to this many periods further apart than the period itself. client-go's number. */
export const JITTER_FACTOR = 1.2;
