import { parseAnswer, readAnswer } from '@cluster-leader/core/adapter-kit';
import type { Probe } from './probe.ts';

/** A sidecar's answer, as far as it can be read. */
export interface SidecarAnswer extends Form {
  /** The leader's name; empty if none is known. */
  readonly leader: string;
  /** The name of the sidecar's own pod, if the answer has it. */
  readonly self?: string | undefined;
}

/** What the form of an answer shows of the program that gave it. */
interface Form {
  /** Which sidecar answers in this form, in words. */
  readonly kind: string;
  /** Whether other programs may answer in this form too. */
  readonly isGuess: boolean;
  /** The leases that the sidecars of this form have unless configured otherwise; empty if it leads without one. */
  readonly defaultLeases: readonly DefaultLease[];
  readonly canPush: boolean;
  /** What this sidecar is known to do wrong. */
  readonly weakness?: string;
}

/** The lease, in milliseconds, that a sidecar has by default. */
interface DefaultLease {
  readonly sidecar: string;
  readonly ms: number;
}

/** What is wrong with an answer, in words that follow the sidecar's address. */
export interface WrongAnswer {
  readonly wrong: string;
  /** What to change, if it is known from the answer. */
  readonly change?: string;
}

const NAIS: Form = { kind: 'nais/elector', isGuess: false, defaultLeases: [], canPush: true };

/** Reads the result of one request. */
export function readProbe(probe: Probe): SidecarAnswer | WrongAnswer {
  if (probe.kind === 'failed') return { wrong: `gave no answer (${probe.code})` };
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
      wrong: `answered with something that ${error instanceof Error ? error.message : String(error)} (${contentType})`,
      change: 'Correct the address, or set the option parse if this is a sidecar whose answers have another form.',
    };
  }
}

/** The own fields of a JSON object. */
function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  return Object.assign(Object.create(null), JSON.parse(body.replace(/^\uFEFF/, '')));
}

/** A sidecar with the lease that most have. */
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
