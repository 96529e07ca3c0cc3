import { parseAnswer, readAnswer } from '@cluster-leader/core/adapter-kit';
import type { Probe } from './probe.ts';

/** A usable answer of a sidecar. */
export interface SidecarAnswer extends Form {
  /** The leader's name; empty if the sidecar knows of none. */
  readonly leader: string;
  /** The name of the sidecar's own pod, if the answer contains it. */
  readonly self?: string | undefined;
}

/** What the form of an answer shows about the sidecar. */
interface Form {
  /** Which sidecars answer in this form. */
  readonly kind: string;
  /** Whether other sidecars may answer in this form too. */
  readonly isGuess: boolean;
  /** The default leases of the sidecars that answer in this form; empty for a sidecar without a lease. */
  readonly defaultLeases: readonly DefaultLease[];
  readonly canPush: boolean;
  /** A known defect of this sidecar, as a verb phrase. */
  readonly weakness?: string;
}

/** The default lease of a sidecar, in milliseconds. */
interface DefaultLease {
  readonly sidecar: string;
  readonly ms: number;
}

/** An answer that is not usable. */
export interface WrongAnswer {
  /** What is wrong, as a verb phrase that follows the sidecar's address. */
  readonly wrong: string;
  /** What to change, if the answer shows it. */
  readonly change?: string;
}

const NAIS: Form = { kind: 'nais/elector', isGuess: false, defaultLeases: [], canPush: true };

/** Reads the outcome of one request. */
export function readProbe(probe: Probe): SidecarAnswer | WrongAnswer {
  if (probe.kind === 'failed') return { wrong: `did not answer (${probe.code})` };
  const { status, contentType, body } = probe;
  if (status >= 300 && status < 400) return { wrong: `answered with a redirect (${status}), which is not followed` };
  if (status !== 200) return { wrong: `answered with status ${status}` };
  try {
    const { leader = '' } = readAnswer(body, parseAnswer);
    const fields = fieldsOf(body);
    const { node } = fields;
    return { ...formOf(fields, contentType), leader, ...(typeof node === 'string' && { self: node }) };
  } catch (error) {
    return {
      wrong: `answered with a body that ${error instanceof Error ? error.message : String(error)} (${contentType})`,
      change: 'Correct the address, or set the option parse if the answers of this sidecar have another form.',
    };
  }
}

/** Returns the own fields of a JSON object. */
function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  return Object.assign(Object.create(null), JSON.parse(body.replace(/^\uFEFF/, '')));
}

/** Makes the form of a sidecar with the most common lease. */
function form(kind: string, isGuess: boolean): Form {
  return { kind, isGuess, defaultLeases: [{ sidecar: kind, ms: 10_000 }], canPush: false };
}

function formOf(fields: Readonly<Record<string, unknown>>, contentType: string): Form {
  if ('is_leader' in fields) {
    return {
      ...form('vapor-ware/k8s-elector', false),
      weakness:
        'claims to lead throughout an outage of the API server, and releases the lease before the app has ended',
    };
  }
  if ('leader' in fields) {
    return { ...form('rkrmr33/leader-election', false), weakness: 'never takes part again once it has lost the lead' };
  }
  if ('last_update' in fields) return NAIS;
  if (!('name' in fields)) return { ...NAIS, isGuess: true };
  if (contentType.startsWith('application/json')) return form('krmcbride/k8s-leader-elector', true);
  return {
    ...form('leader-elector 0.4 or 0.5, one of its forks, or kkosmrli/leader-elector', true),
    defaultLeases: [
      { sidecar: 'leader-elector and most forks', ms: 10_000 },
      { sidecar: 'kkosmrli/leader-elector', ms: 15_000 },
    ],
  };
}
