import type { ClusterLeaderOptions, TransportResponse } from '@cluster-leader/core';
import { refusal } from './recorded-sidecar.ts';
import type { Mistake } from './services.ts';

/**
 * Mistakes that the belief rules prevent. A control makes one of them, so that the assertion about the real service is
 * seen to fail.
 */

/** A sidecar that accepts a connection and stays silent is treated like one that refuses it. */
export const silenceIsRefusal: Mistake = (_pod, sidecar) => async (signal) => {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(refusal()), 0.9 * sidecar.timing.requestTimeoutMs);
  try {
    return await sidecar.request(AbortSignal.any([signal, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
};

/** A failed attempt renews the last answer. */
export const failuresRenew: Mistake = (pod, sidecar) => {
  const request = silenceIsRefusal(pod, sidecar);
  let last: TransportResponse | undefined;
  return async (signal) => {
    try {
      last = await request(signal);
    } catch (error) {
      if (last === undefined) throw error;
    }
    return last;
  };
};

/** An answer without a name counts as evidence that another pod leads. */
export const namelessIsAnother: Mistake = (_pod, sidecar) => async (signal) => {
  const response = await sidecar.request(signal);
  return isNameless(response) ? naming('another') : response;
};

/** An answer without a name renews the last one that had a name. */
export const namelessRenews: Mistake = (_pod, sidecar) => {
  let named: TransportResponse | undefined;
  return async (signal) => {
    const response = await sidecar.request(signal);
    if (isNameless(response)) return named ?? response;
    if (response.status === 200) named = response;
    return response;
  };
};

/** An invalid answer counts as a claim of this pod. */
export const invalidElects: Mistake = (pod, sidecar) => async (signal) => {
  const response = await sidecar.request(signal);
  return response.status === 200 ? response : naming(pod);
};

/** Returns options with which an answer is believed for `maxAgeMs`. The service only accepts them with a long lease. */
export function believingFor(maxAgeMs: number): ClusterLeaderOptions {
  return {
    maxAgeMs,
    leaseDurationMs: 2 * maxAgeMs,
    settleMs: 10_000,
    pollIntervalMs: 1_000,
    checkTimeoutMs: 2_000,
    requestTimeoutMs: 500,
  };
}

function isNameless({ status, body }: TransportResponse): boolean {
  if (status !== 200) return false;
  const { name, leader }: { name?: string; leader?: string } = JSON.parse(body);
  return (name ?? leader ?? '') === '';
}

function naming(name: string): TransportResponse {
  return { status: 200, body: JSON.stringify({ name }) };
}
