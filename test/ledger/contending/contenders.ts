import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Order } from './contender.ts';

const PROGRAM = new URL('contender.ts', import.meta.url);

/** One process that contends for the slots. */
export interface Contender {
  readonly pod: string;
  /** Resolves with the numbers of the slots that the store granted this process. Rejects if the process has failed. */
  obey(order: Order): Promise<readonly number[]>;
  /** Resolves once the process has ended. */
  close(): Promise<void>;
}

/** Starts a process, and resolves once it is connected to the store. */
export async function startContender(
  url: string,
  namespace: string,
  firstMs: number,
  seed: number,
): Promise<Contender> {
  const pod = `pod-${seed}`;
  const child = fork(PROGRAM, [url, namespace, pod, String(firstMs), String(seed)], {
    execArgv: ['--conditions=@cluster-leader/source', '--disable-warning=ClusterLeaderWarning'],
  });
  const exited = once(child, 'exit');
  await granted(child, exited);
  return {
    pod,
    obey(order) {
      const answer = granted(child, exited);
      child.send(order);
      return answer;
    },
    async close() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

async function granted(child: ChildProcess, exited: Promise<unknown[]>): Promise<readonly number[]> {
  const failed = exited.then(([code]): never => {
    throw new Error(`A contender has ended with exit code ${String(code)}.`);
  });
  const [numbers]: unknown[] = await Promise.race([once(child, 'message'), failed]);
  if (!Array.isArray(numbers)) throw new Error('A contender has answered no list.');
  return numbers.map(Number);
}
