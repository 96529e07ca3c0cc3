import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The first port that is offered to a replica. */
const FIRST_PORT = 3_001;
const LAST_PORT = 65_535;

/** Ports for the apps of replicas; no other claim on this machine has them. */
export interface ClaimedPorts {
  readonly ports: readonly number[];
  /** Gives the ports back. They are also given back when the process ends. */
  release(this: void): void;
}

/**
 * Claims the first `count` free TCP ports from 3001 on; rejects if there are not enough.
 *
 * A claim is a UDP socket bound to the same number, because the TCP port itself must stay free for the app. So two sets
 * of replicas that start at the same time get different ports. Another program can still take a port before the app does.
 */
export async function claimPorts(count: number): Promise<ClaimedPorts> {
  const claims = new Map<number, Socket>();
  const release = (): void => {
    for (const claim of claims.values()) claim.close();
    claims.clear();
  };
  for (let port = FIRST_PORT; claims.size < count; port += 1) {
    if (port > LAST_PORT) {
      release();
      throw new Error(`fewer than ${count} ports are free from ${FIRST_PORT} on`);
    }
    const claim = await claimPort(port);
    if (claim === undefined) continue;
    if (await isFree(port)) claims.set(port, claim);
    else claim.close();
  }
  return { ports: [...claims.keys()], release };
}

/** Resolves with undefined if another set has claimed the port. */
async function claimPort(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4').unref();
  socket.bind({ port, address: '127.0.0.1', exclusive: true });
  try {
    await once(socket, 'listening');
    return socket;
  } catch {
    socket.close();
    return undefined;
  }
}

async function isFree(port: number): Promise<boolean> {
  // The app may listen on any address, so the port must be free on all of them.
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
