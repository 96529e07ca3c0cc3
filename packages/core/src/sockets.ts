import { buildConnector } from 'undici';

/**
 * Opens connections that never keep the process up: who waits for an answer holds it by a timer of his own, and who
 * watches must not hold it at all.
 */
export function connectUnreferenced(timeoutMs: number): buildConnector.connector {
  // localhost may be ::1 first where the sidecar listens on 127.0.0.1 alone: autoSelectFamily tries both.
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false, autoSelectFamily: true });
  return (options, callback) => {
    const socket: unknown = connect(options, (...connected) => {
      // The attempt at a second address has a handle of its own, which is referenced again.
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
