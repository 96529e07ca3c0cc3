import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Report } from './sidecar.ts';

export interface BenchSidecar {
  readonly url: URL;
  /** Tells the sidecar, and resolves with what came of it. */
  tell(order: Order): Promise<Report>;
  stop(): void;
}

/** Starts a sidecar in a process of its own, which names `self` as the leader. */
export async function startSidecar(): Promise<BenchSidecar> {
  const child = fork(new URL('./sidecar.ts', import.meta.url));
  const report = async (): Promise<Report> => {
    const [message]: Report[] = await once(child, 'message');
    if (message === undefined) throw new Error('The sidecar of the benchmark has ended.');
    return message;
  };
  const { port } = await report();
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    tell: (order) => {
      const reported = report();
      child.send(order);
      return reported;
    },
    stop: () => child.disconnect(),
  };
}
