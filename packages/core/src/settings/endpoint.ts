import { invalidOption } from '../errors.ts';

/** Environment variables, as in `process.env`; an empty one counts as absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_URL = 'http://127.0.0.1:4040/';

/** Finds the sidecar: the option, else `$ELECTOR_GET_URL`, else `$ELECTOR_PATH` with a scheme, else port 4040 of this pod. */
export function resolveUrl(option: unknown, env: Environment): URL {
  if (option !== undefined) return httpUrl('url', option);
  const { ELECTOR_GET_URL: getUrl, ELECTOR_PATH: path } = env;
  if (getUrl) return httpUrl('$ELECTOR_GET_URL', getUrl);
  if (!path) return new URL(DEFAULT_URL);
  // A URL parser reads a number as an address: 4040 would be 0.0.15.200.
  if (/^\d+($|\/)/.test(path)) throw invalidOption('$ELECTOR_PATH', path, 'a host with a port, such as localhost:4040');
  return httpUrl('$ELECTOR_PATH', path, /^([a-z]+:\/)?\//i.test(path) ? path : `http://${path}`);
}

/** Finds the sidecar's event stream: the option, else `$ELECTOR_SSE_URL`; undefined if there is none or the option is `false`. */
export function resolveEventsUrl(option: unknown, env: Environment): URL | undefined {
  if (option === false) return undefined;
  if (option !== undefined) return httpUrl('eventsUrl', option);
  const { ELECTOR_SSE_URL: eventsUrl } = env;
  return eventsUrl ? httpUrl('$ELECTOR_SSE_URL', eventsUrl) : undefined;
}

/** Whether only processes of this pod can answer at this address. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function httpUrl(name: string, value: unknown, text: unknown = value): URL {
  const url = value instanceof URL ? value : typeof text === 'string' ? URL.parse(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw invalidOption(name, withoutPassword(value), 'an http or https URL without user name and password');
  }
  return url;
}

/** Hides the credentials of a URL, because messages end up in logs. */
function withoutPassword(value: unknown): unknown {
  const text = value instanceof URL ? value.href : value;
  return typeof text === 'string' && text.includes('@') ? text.replace(/(?<=:\/\/).*@/s, '***@') : value;
}
