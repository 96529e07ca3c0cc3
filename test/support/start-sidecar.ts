import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Report } from './sidecar.ts';

export interface SidecarProcess {
  readonly url: URL;
  /** Sends an order, and resolves with the sidecar's report after it. */
  send(order: Order): Promise<Report>;
  stop(): void;
}

/** Starts a sidecar in its own process. It names `self` as the leader. */
export async function startSidecar(): Promise<SidecarProcess> {
  const child = fork(new URL('sidecar.ts', import.meta.url));
  const nextReport = async (): Promise<Report> => {
    const [message]: Report[] = await once(child, 'message');
    if (message === undefined) throw new Error('The sidecar process has ended.');
    return message;
  };
  const { port } = await nextReport();
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    send: (order) => {
      const reported = nextReport();
      child.send(order);
      return reported;
    },
    stop: () => child.disconnect(),
  };
}
