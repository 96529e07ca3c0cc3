import type { IncomingMessage } from 'node:http';
import { tooLarge } from './status.ts';

/** The largest body that the database takes, in bytes: etcd's default of 1.5 MiB. */
const LIMIT = 1.5 * 1_024 * 1_024;

/** Resolves with the body of a request; rejects with 413 if it is too large, and if the connection ends. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    // The rest is still read: a client that is sending does not read an answer.
    if (length <= LIMIT) chunks.push(bytes);
  }
  if (length > LIMIT) throw tooLarge(LIMIT);
  return Buffer.concat(chunks).toString();
}
