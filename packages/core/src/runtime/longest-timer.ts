/** Longest delay that setTimeout accepts, in milliseconds; longer ones fire immediately. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;
