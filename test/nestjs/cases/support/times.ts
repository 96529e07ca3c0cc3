/** The period of intervals in milliseconds, as short as it can usefully be. */
export const MS = 5;

/** A cron expression for jobs that the test fires itself: it matches a date that no test reaches. */
export const NEVER = '0 0 1 1 *';

export const EVERY_SECOND = '* * * * * *';
