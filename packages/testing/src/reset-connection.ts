import type { Socket } from 'node:net';

/** Sends a RST only. Node.js would send a FIN before it, which a client may take for an orderly end. */
export function resetConnection(socket: Socket): void {
  socket.destroySoon = () => socket.destroy();
  socket.resetAndDestroy();
}
