/** Makes the error for a connection that failed: what happened, and what to do. It contains no token and no header. */
export function connectionError(server: URL, cause: unknown): Error {
  const code = codeOf(cause);
  return new Error(`${server.origin} could not be asked (${code}). ${adviceOn(code)}`);
}

/** Makes the error for a token that could not be read. It leaves out the cause's message, which may contain the token. */
export function tokenError(cause: unknown): Error {
  const what = cause instanceof Error ? (fieldCode(cause) ?? cause.name) : typeof cause;
  return new Error(
    `The token could not be read (${what}). Let the pod mount the token of its service account ` +
      '(automountServiceAccountToken), or give the option token.',
  );
}

/** Makes the error for a request after close. */
export function closedError(): Error {
  return new Error('This client of the API server is closed.');
}

/** Makes the error for a process that knows no API server. */
export function outsideError(): Error {
  return new Error(
    'This process does not run in Kubernetes. Give the option server or $CLUSTER_LEADER_API_SERVER, or start it by ' +
      '"npx @cluster-leader/cli dev".',
  );
}

/** Makes the error for a response that is not 200, 403 or 404. */
export function statusError(status: number): Error {
  return new Error(`The API server answered ${status}. ${adviceOnStatus(status)}`);
}

function adviceOnStatus(status: number): string {
  if (status === 401) {
    return 'It does not accept the token: it has expired, or is for another cluster. Let the pod mount a current one, or give the option token.';
  }
  if (status === 429 || status >= 500) return 'It is overloaded or not ready; it is asked again at the next interval.';
  if (status >= 300 && status < 400) return 'Redirects are not followed: give the address of the API server itself.';
  return 'See that the option server, or $CLUSTER_LEADER_API_SERVER, is the address of an API server of Kubernetes.';
}

/** Codes of Node.js for a certificate that is not accepted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS/;

function adviceOn(code: string): string {
  if (CERTIFICATE.test(code)) {
    return "Its certificate is not accepted: give the CA of the cluster as the option ca, or let the pod mount its service account's ca.crt.";
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return 'It does not speak TLS there: check the port.';
  return 'See that it runs, and that network policies let this pod reach it.';
}

/** The code of a network error, or else its message. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return fieldCode(error) ?? error.message;
}

function fieldCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the server's certificate was not accepted: then its CA may have been replaced. */
export function isCertificateError(error: unknown): boolean {
  return error instanceof Error && CERTIFICATE.test(fieldCode(error) ?? '');
}
