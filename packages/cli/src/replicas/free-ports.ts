import { once } from 'node:events';
import { createServer } from 'node:net';

/** The first port that is offered to a replica. */
const FIRST_PORT = 3_001;
const LAST_PORT = 65_535;

/** Finds `count` ports on which nobody listens, from 3001 on. Somebody may take one before it is used. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let port = FIRST_PORT; ports.length < count; port += 1) {
    if (port > LAST_PORT) throw new Error(`there are no ${count} free ports from ${FIRST_PORT} on`);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  // On every address, since an app may listen on any.
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
