/**
 * The program of a sidecar that runs in its own process.
 *
 * @module
 */
import { LOST_EXIT_CODE, type FromSidecar, type ToSidecar } from './host/process-messages.ts';
import { Sidecar } from './sidecar/sidecar.ts';

let sidecar: Sidecar | undefined;

// The channel closes when the parent ends, however it ends. A stopped process notices only once it continues.
process.on('disconnect', () => process.exit());

// Ctrl-C in a terminal reaches the whole process group, but the election decides when its sidecars end.
process.on('SIGINT', () => {});

process.on('SIGTERM', () => {
  void Promise.resolve(sidecar?.terminate()).finally(() => process.exit());
});

process.on('message', (message: ToSidecar) => {
  handle(message).then(send, (error: unknown) => {
    send({ kind: 'failed', message: String(error) });
    process.disconnect();
  });
});

async function handle(message: ToSidecar): Promise<FromSidecar> {
  if (message.kind === 'start') {
    sidecar = new Sidecar(message.settings, send);
    void sidecar.exited.then(() => process.exit(LOST_EXIT_CODE));
    return { kind: 'listening', port: await sidecar.start() };
  }
  await sidecar?.answer(message.script);
  return { kind: 'answering', id: message.id };
}

function send(message: FromSidecar): void {
  // Ignores the error of a closed channel, since 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {});
}
