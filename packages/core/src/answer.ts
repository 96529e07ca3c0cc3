/** What a sidecar's answer says, before it is compared with this pod's names. */
export interface Answer {
  /** The leader's name; empty or undefined while nobody is known to lead. */
  readonly leader?: string | undefined;
  /** Whether the sidecar says that its own pod leads, where it says so. */
  readonly isLeader?: boolean | undefined;
}

/** Reads a sidecar's JSON: the leader's name, `undefined` for "nobody", or an {@link Answer}. What it throws is no news. */
export type ParseAnswer = (json: unknown) => string | undefined | Answer;

/** Reads the answers of the known sidecars: `name`, else `leader`, and `is_leader` where present. Unknown fields are tolerated. */
export const parseAnswer: ParseAnswer = (json) => {
  if (!isRecord(json)) throw new TypeError('is no JSON object');
  return validated({ leader: 'name' in json ? json['name'] : json['leader'], isLeader: json['is_leader'] });
};

/** Reads a body as JSON, whatever its content type, by `parse`; throws a TypeError that says what the body is instead. */
export function readAnswer(body: string, parse: ParseAnswer): Answer {
  const parsed: unknown = parse(parseJson(body));
  if (parsed instanceof Promise) throw new TypeError('parse has made a promise of, where it must return at once');
  return validated(isRecord(parsed) ? parsed : { leader: parsed });
}

/** Only strings and booleans are ever compared, whatever the body or a user's `parse` holds. */
function validated({ leader, isLeader }: Record<string, unknown>): Answer {
  if (leader !== undefined && typeof leader !== 'string') throw new TypeError(`names a leader that is no string`);
  if (isLeader !== undefined && typeof isLeader !== 'boolean') {
    throw new TypeError('says whether it leads by something that is no boolean');
  }
  return { leader, isLeader };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new TypeError('is no JSON', { cause });
  }
}
