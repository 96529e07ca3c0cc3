import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { CUT_OFFS, type CutOffKind } from '../api-server/cut-off-kind.ts';

const TARGETS = ['app', 'sidecar', 'both'] as const;

/** Which container of a pod is cut off: each has its own path to the API server. */
export type CutOffTarget = (typeof TARGETS)[number];

/** The arguments of `cutOff()`: a kind, or a target and a kind. */
export type CutOff = [kind?: CutOffKind | undefined] | [target: CutOffTarget, kind?: CutOffKind | undefined];

/** Returns the target, by default the sidecar, and the kind, by default `refused`. Throws ERR_INVALID_OPTION for others. */
export function resolveCutOff(cutOff: CutOff): { readonly target: CutOffTarget; readonly kind: CutOffKind } {
  const isKindAlone = cutOff.length < 2 && !isTarget(cutOff[0]);
  const [target, kind = 'refused'] = isKindAlone ? ['sidecar', cutOff[0]] : cutOff;
  if (!isTarget(target)) throw invalidOption('target', target, `one of ${TARGETS.join(', ')}`);
  if (!isKind(kind)) throw invalidOption('kind', kind, `one of ${CUT_OFFS.join(', ')}`);
  return { target, kind };
}

function isTarget(value: unknown): value is CutOffTarget {
  return TARGETS.some((target) => target === value);
}

function isKind(value: unknown): value is CutOffKind {
  return CUT_OFFS.some((kind) => kind === value);
}
