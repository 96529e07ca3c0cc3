import { ElectorError } from './elector-error.ts';

/** Whether the sidecar was silent; undefined if that is not known. */
export interface Silence {
  readonly wasSilent?: boolean | undefined;
}

/** Makes the error for a sidecar that did not answer: what happened, and what to do. */
export function unreachable(url: URL, what: string, { wasSilent }: Silence = {}, cause?: unknown): ElectorError {
  const next = 'See that the sidecar runs in this pod and listens there, or set the option url or $ELECTOR_GET_URL.';
  return new ElectorError('unreachable', `${url.href} ${what}. ${next}`, { cause, wasSilent });
}

/** Makes the error for an answer that is not a sidecar's. */
export function invalidAnswer(url: URL, what: string, { wasSilent }: Silence = {}, cause?: unknown): ElectorError {
  const next =
    "Point the option url (port and path) at the sidecar, or set the option parse if its answer's form is another.";
  return new ElectorError('invalid-answer', `${url.href} ${what}. ${next}`, { cause, wasSilent });
}

/** Words the time limit of an attempt, and how long this process was too busy to read an answer. */
export function limitText(limitMs: number, blockedMs: number): string {
  const limit = `${limitMs} ms`;
  if (blockedMs === 0) return limit;
  return `${limit}, while the event loop of this process was blocked for ${Math.round(blockedMs)} ms`;
}

/** The code of a network error, or else its message. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
