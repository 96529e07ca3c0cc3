/** Makes the variables that all replicas share from `env`; the names and addresses of a pod come from its candidate. */
export function replicaEnv(env: NodeJS.ProcessEnv, leaseDurationMs: number): NodeJS.ProcessEnv {
  return {
    ...env,
    // A developer may have set `always` for a single process on this machine: then every replica would lead.
    CLUSTER_LEADER_MODE: 'sidecar',
    // Not all sidecars have a stream, and the caller's is that of another election.
    ELECTOR_SSE_URL: undefined,
    CLUSTER_LEADER_LEASE: `${leaseDurationMs}ms`,
    LEASE_DURATION_MS: String(leaseDurationMs),
  };
}
