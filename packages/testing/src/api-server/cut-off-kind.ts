/** Every way to lose the API server. */
export const CUT_OFFS = ['refused', 'black-hole', 'reset', 'slow', 'read-only'] as const;

/**
 * How a pod loses the API server.
 *
 * - `refused`: connections are refused.
 * - `black-hole`: connections are accepted and stay open, but nothing is answered, not even on those that are open.
 * - `reset`: every connection is reset.
 * - `slow`: each answer comes 0.3 leases later.
 * - `read-only`: reads succeed and writes fail.
 */
export type CutOffKind = (typeof CUT_OFFS)[number];
