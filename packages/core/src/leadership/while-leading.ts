import { keepAlive } from '../runtime/patience.ts';
import { requireKnownOptions } from '../settings/known-options.ts';
import type { WhileLeadingOptions } from './cluster-leader.ts';
import { requireSignal } from './run-options.ts';
import type { Term } from './term.ts';

/** What `whileLeading` needs of its leader. */
export interface TermLoop {
  /** Resolves with the present or the next term; rejects when `signal` aborts or the leader is closed. */
  waitForTerm(signal: AbortSignal | undefined): Promise<Term>;
  /** Runs the task in the present term, and resolves with that, or with undefined if there is none any more. */
  run(signal: AbortSignal | undefined): Promise<Term | undefined>;
  isClosed(): boolean;
}

/** Runs a task once in each term, until `signal` aborts or the leader is closed. */
export async function whileLeading(loop: TermLoop, options: WhileLeadingOptions): Promise<void> {
  const { signal } = requireKnownOptions(options, ['signal']);
  requireSignal(signal);
  const isOver = (): boolean => signal?.aborted === true || loop.isClosed();
  const release = keepAlive();
  try {
    while (!isOver()) {
      try {
        await loop.waitForTerm(signal);
      } catch (error) {
        if (!isOver()) throw error;
      }
      if (isOver()) return;
      const term = await loop.run(signal);
      if (term !== undefined) await untilEnded(term, signal);
    }
  } finally {
    release();
  }
}

/** Resolves when the term ends or `signal` aborts. */
function untilEnded(term: Term, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      term.signal.removeEventListener('abort', end);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    if (term.signal.aborted || signal?.aborted) return end();
    term.signal.addEventListener('abort', end);
    signal?.addEventListener('abort', end);
  });
}
