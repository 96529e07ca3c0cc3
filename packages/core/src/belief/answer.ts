import { inspect } from 'node:util';

/** What a sidecar's answer says, before it is compared with this pod's names. */
export interface Answer {
  /** The leader's name; empty or undefined while the sidecar knows no leader. */
  readonly leader?: string | undefined;
  /** Whether the sidecar says that its own pod leads, if the answer has such a flag. */
  readonly isLeader?: boolean | undefined;
}

/** Reads a sidecar's JSON: returns the leader's name, `undefined` or '' for "nobody", or an {@link Answer}. If it throws, the answer is invalid. */
export type ParseAnswer = (json: unknown) => string | undefined | Answer;

/**
 * Reads the answers of the known sidecars: `name`, else `leader`, and `is_leader` if present. Further fields are ignored.
 *
 * An empty object is how nais names nobody. An object with other fields only is of an unknown form, which is an error.
 */
export const parseAnswer: ParseAnswer = (json) => {
  if (!isRecord(json)) throw new TypeError('is not a JSON object');
  const [name, leader, isLeader] = [own(json, 'name'), own(json, 'leader'), own(json, 'is_leader')];
  if (name !== undefined || leader !== undefined || isLeader !== undefined) {
    return validated(name === undefined ? leader : name, isLeader);
  }
  const fields = Object.keys(json).filter((field) => field !== 'last_update');
  if (fields.length === 0) return undefined;
  throw new TypeError(
    `has the fields ${fields.join(', ').slice(0, 100)}, and neither name nor leader. The option parse reads other forms`,
  );
};

/** Reads a body as JSON, whatever its content type, by `parse`; throws a TypeError that says what the body is instead. */
export function readAnswer(body: string, parse: ParseAnswer): Answer {
  const parsed: unknown = parse(parseJson(body));
  if (parsed === undefined || typeof parsed === 'string') return { leader: parsed, isLeader: undefined };
  if (parsed instanceof Promise) {
    parsed.catch(() => {}); // its rejection must not kill the process
    throw new TypeError('the option parse returned a promise for: it must return at once');
  }
  if (isRecord(parsed)) {
    const stranger = Object.keys(parsed).find((field) => field !== 'leader' && field !== 'isLeader');
    if (stranger === undefined) return validated(own(parsed, 'leader'), own(parsed, 'isLeader'));
  }
  throw new TypeError(
    `the option parse made ${inspect(parsed)} of: it must return a name, undefined, or { leader, isLeader }`,
  );
}

/** Only strings and booleans are ever compared, whatever the body or a user's `parse` holds. */
function validated(leader: unknown, isLeader: unknown): Answer {
  if (leader !== undefined && typeof leader !== 'string') throw new TypeError('names a leader that is not a string');
  if (isLeader !== undefined && typeof isLeader !== 'boolean') {
    throw new TypeError('says by something that is not a boolean whether it leads');
  }
  return { leader, isLeader };
}

/** An own property: what a polluted `Object.prototype` has must not elect anyone. */
function own(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body.startsWith('\uFEFF') ? body.slice(1) : body);
  } catch (cause) {
    throw new TypeError('is not JSON', { cause });
  }
}
