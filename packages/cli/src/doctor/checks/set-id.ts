/** The change that makes the sidecar answer with the name of the pod. */
export const SET_ID = 'Set MY_POD_NAME from metadata.name in the sidecar too, and start it with --id=$(MY_POD_NAME).';
