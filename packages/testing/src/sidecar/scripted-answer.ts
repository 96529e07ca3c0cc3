/** A response that a candidate gives instead of its honest one. Members that are absent stay as in the honest one. */
export interface ScriptedResponse {
  /** Default 200. */
  readonly status?: number | undefined;
  /** Added to the honest headers, or replacing them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: the honest body. */
  readonly body?: string | undefined;
  /** Pads the body with spaces to this many bytes; JSON stays valid. */
  readonly padToBytes?: number | undefined;
  /** The delay before the first byte of the headers. */
  readonly delayMs?: number | undefined;
  /** Sends the body byte by byte, with this delay before each. */
  readonly dripMs?: number | undefined;
  /** Sends each byte of the body as its own chunk, without a content-length. */
  readonly chunked?: boolean | undefined;
}

/** Bytes that a candidate sends unchanged, one for each character, before it ends the connection. */
export interface ScriptedBytes {
  readonly raw: string;
}

/**
 * What a candidate answers instead of the truth.
 *
 * - `hang`: no response; the connection stays open.
 * - `hang-in-body`: the headers and half of the body, then nothing.
 * - `reset`: the connection is reset (RST) before the headers.
 * - `reset-in-body`: the headers and half of the body, then a reset.
 * - `garbage`: bytes that are not HTTP.
 * - `refuse`: connections are refused; the sidecar keeps its part in the election.
 */
export type ScriptedAnswer = (typeof SCRIPT_WORDS)[number] | ScriptedResponse | ScriptedBytes;

/** Every script that is a single word. */
export const SCRIPT_WORDS = ['hang', 'hang-in-body', 'reset', 'reset-in-body', 'garbage', 'refuse'] as const;
