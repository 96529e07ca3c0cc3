/** When the job is due. */
export const EVERY_SECOND = '* * * * * *';
