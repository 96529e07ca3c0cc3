import { LOST_EXIT_CODE, type FromSidecar, type ToSidecar } from './host/process-messages.ts';
import { Sidecar } from './sidecar/sidecar.ts';

// The program of a sidecar that has a process of its own.

let sidecar: Sidecar | undefined;

// When the parent goes, however it goes, the channel closes. A process that is stopped finds out only if it continues.
process.on('disconnect', () => process.exit());

// A terminal sends Ctrl-C to its whole foreground group; the election decides when it ends.
process.on('SIGINT', () => {});

process.on('message', (message: ToSidecar) => {
  obey(message).then(report, (error: unknown) => {
    report({ kind: 'failed', message: String(error) });
    process.disconnect();
  });
});

async function obey(message: ToSidecar): Promise<FromSidecar> {
  if (message.kind === 'start') {
    sidecar = new Sidecar(message.settings, report);
    void sidecar.exited.then(() => process.exit(LOST_EXIT_CODE));
    return { kind: 'listening', port: await sidecar.start() };
  }
  await sidecar?.answer(message.script);
  return { kind: 'answering', id: message.id };
}

function report(message: FromSidecar): void {
  // If the channel closes meanwhile, 'disconnect' follows.
  process.send?.(message, undefined, undefined, () => {});
}
