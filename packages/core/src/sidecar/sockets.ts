import { lookup as lookupByDns } from 'node:dns';
import type { LookupFunction } from 'node:net';
// By its file: Bun replaces the bare name by an incomplete module of its own.
import { buildConnector } from 'undici/index.js';

/**
 * Makes a connector for undici whose connections never keep the process alive: a caller that waits for an answer does so by
 * a timer, and a watch must not. Connecting takes at most `timeoutMs`. With `tls`, the certificate of an https server is verified, by its `ca` if there is one.
 */
export function connectUnreferenced(
  timeoutMs: number,
  tls?: { readonly ca?: string | Uint8Array | undefined },
): buildConnector.connector {
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    autoSelectFamily: true,
    lookup,
    ...(tls !== undefined && { rejectUnauthorized: true }), // whatever NODE_TLS_REJECT_UNAUTHORIZED says
    ...(tls?.ca !== undefined && { ca: Buffer.from(tls.ca) }),
  });
  return (options, callback) => {
    const socket: unknown = connect(options, (...connected) => {
      // The attempt at a second address has a handle of its own, which is referenced.
      if (isReferenced(socket)) socket.unref();
      callback(...connected);
    });
    if (!isReferenced(socket)) return;
    socket.unref();
    // undici references a socket again for each request.
    socket.ref = () => socket;
  };
}

interface Referenced {
  ref: () => unknown;
  unref: () => unknown;
}

function isReferenced(socket: unknown): socket is Referenced {
  return typeof socket === 'object' && socket !== null && 'unref' in socket;
}

/** Resolves localhost to 127.0.0.1, then ::1, without DNS: most sidecars listen on the first only, some on the second. */
const lookup: LookupFunction = (hostname, options, callback) => {
  if (hostname !== 'localhost') return lookupByDns(hostname, options, callback);
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  if (options.all === true) callback(null, addresses);
  else callback(null, '127.0.0.1', 4);
};
