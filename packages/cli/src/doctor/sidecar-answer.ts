import type { Probe } from './probe.ts';

/** A sidecar's answer, read as far as it can be. */
export interface SidecarAnswer {
  /** Which sidecar answers so, in words. */
  readonly kind: string;
  /** The lease that it runs with unless told otherwise, in milliseconds; undefined where it has none. */
  readonly defaultLeaseMs: number | undefined;
  readonly canPush: boolean;
  /** The leader's name; empty where none is known. */
  readonly leader: string;
  /** The name of the sidecar's own pod, where it tells. */
  readonly self?: string | undefined;
}

/** What is wrong with an answer, in words that follow "the sidecar". */
export interface WrongAnswer {
  readonly wrong: string;
}

/** Reads what a question came to. */
export function readProbe(probe: Probe): SidecarAnswer | WrongAnswer {
  if (probe.kind === 'failed') return { wrong: `gave no answer (${probe.code})` };
  const { status, contentType, body } = probe;
  if (status >= 300 && status < 400) return { wrong: `answered with a redirect (${status}), which is not followed` };
  if (status !== 200) return { wrong: `answered with status ${status}` };
  const json = parse(body);
  if (json === undefined) return { wrong: `answered with something that is no JSON object (${contentType})` };
  const leader = json['name'] ?? json['leader'] ?? '';
  if (typeof leader !== 'string') return { wrong: 'names a leader that is no string' };
  return { ...kindOf(json, contentType), leader };
}

function kindOf(json: Record<string, unknown>, contentType: string): Omit<SidecarAnswer, 'leader'> {
  const plain = { canPush: false, defaultLeaseMs: 10_000 };
  if ('is_leader' in json) {
    return {
      ...plain,
      kind: 'vapor-ware/k8s-elector',
      ...(typeof json['node'] === 'string' && { self: json['node'] }),
    };
  }
  if ('leader' in json) return { ...plain, kind: 'rkrmr33/leader-election' };
  if ('last_update' in json || !('name' in json))
    return { canPush: true, defaultLeaseMs: undefined, kind: 'nais/elector' };
  if (contentType.startsWith('application/json')) return { ...plain, kind: 'krmcbride/leader-elector' };
  return { ...plain, kind: 'leader-elector 0.4 or 0.5, or one of its forks' };
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(body.replace(/^\uFEFF/, ''));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : undefined;
  } catch {
    return undefined;
  }
}
