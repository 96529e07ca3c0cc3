/** Postgres's code for a table that does not exist. */
const UNDEFINED_TABLE = '42P01';

/** Makes the error for a store that cannot be read: what happened, and what to do. It does not contain the address. */
export function storeError(cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (cause instanceof Error && code === 'ERR_INVALID_OPTION') return cause;
  if (code === UNDEFINED_TABLE) {
    return new Error(
      'the database has no tables of the ledger. The first replica that runs with the ledger creates them: check the ' +
        'database and the search_path in CLUSTER_LEADER_STORE',
      { cause },
    );
  }
  // A connection that was refused for each of several addresses has a code and no message.
  const message = (cause instanceof Error ? cause.message : String(cause)) || code;
  return new Error(`the store could not be read: ${message}`, { cause });
}
