/** The environment variables that an app finds in a pod with this sidecar. */
export type CandidateEnv = {
  readonly MY_POD_NAME: string;
  readonly MY_POD_NAMESPACE: string;
  readonly MY_POD_UID: string;
  readonly ELECTOR_GET_URL: string;
  /** Present only if the dialect streams events. */
  readonly ELECTOR_SSE_URL?: string;
  /** The lock object, such as `lease/my-app`. */
  readonly CLUSTER_LEADER_LOCK: string;
  /** The address of the API server, as the app in this pod reaches it. */
  readonly CLUSTER_LEADER_API_SERVER: string;
};
