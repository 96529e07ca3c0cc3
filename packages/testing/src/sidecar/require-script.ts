import { invalidOption, requireDuration, requireKnownOptions } from '@cluster-leader/core/adapter-kit';
import { SCRIPT_WORDS, type ScriptedAnswer, type ScriptedResponse } from './scripted-answer.ts';

const RESPONSE_MEMBERS: Readonly<Record<keyof ScriptedResponse, true>> = {
  status: true,
  headers: true,
  body: true,
  padToBytes: true,
  delayMs: true,
  dripMs: true,
  chunked: true,
};

/** Throws ERR_INVALID_OPTION if `script` is not a scripted answer. */
export function requireScript(script: ScriptedAnswer): void {
  if (typeof script !== 'object' || script === null) {
    if (SCRIPT_WORDS.some((word) => word === script)) return;
    throw invalidOption('script', script, `one of ${SCRIPT_WORDS.join(', ')}, a response or { raw }`);
  }
  requireKnownOptions(script, 'raw' in script ? ['raw'] : Object.keys(RESPONSE_MEMBERS));
  if ('raw' in script) {
    if (typeof script.raw !== 'string') throw invalidOption('raw', script.raw, 'a string');
    return;
  }
  const { status = 200, body = '', padToBytes = 0, delayMs = 0, dripMs = 0 } = script;
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw invalidOption('status', status, 'a final HTTP status: a whole number from 200 to 999');
  }
  if (typeof body !== 'string') throw invalidOption('body', body, 'a string');
  if (!Number.isSafeInteger(padToBytes) || padToBytes < 0) {
    throw invalidOption('padToBytes', padToBytes, 'a whole number of bytes from 0');
  }
  if (delayMs !== 0) requireDuration('delayMs', delayMs, ', or 0');
  if (dripMs !== 0) requireDuration('dripMs', dripMs, ', or 0');
}
