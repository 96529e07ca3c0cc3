import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { News, Order, ReplicaSettings } from './messages.ts';

const PROGRAM = fileURLToPath(new URL('replica-process.ts', import.meta.url));

/** A replica in a process of its own, and what it tells. */
export class Replica extends EventEmitter<{ news: [News] }> {
  readonly name: string;
  readonly #child: ChildProcess;
  isKilled = false;
  #isEnding = false;

  constructor(name: string) {
    super();
    this.name = name;
    this.#child = fork(PROGRAM, { execArgv: ['--conditions=@cluster-leader/source'] });
    this.#child.on('message', (news: News) => this.emit('news', news));
    this.#child.on('exit', (code, signal) => {
      if (!this.isKilled && !this.#isEnding) throw new Error(`${name} ended by itself: ${signal ?? code}`);
    });
  }

  async start(settings: ReplicaSettings): Promise<void> {
    this.tell({ do: 'start', settings });
    await this.#heard('ready');
  }

  tell(order: Order): void {
    if (!this.isKilled) this.#child.send(order);
  }

  /** Resolves once it leads. */
  async elect(): Promise<void> {
    this.tell({ do: 'elect' });
    await this.#heard('elected');
  }

  /** Resolves once it leads no more: whatever it tells afterwards it did as a follower. */
  async demote(): Promise<void> {
    this.tell({ do: 'demote' });
    await this.#heard('demoted');
  }

  async kill(): Promise<void> {
    this.isKilled = true;
    this.#child.kill('SIGKILL');
    // All that it has told is heard before this.
    await once(this.#child, 'close');
  }

  async end(): Promise<void> {
    if (this.isKilled) return;
    this.#isEnding = true;
    this.tell({ do: 'end' });
    await once(this.#child, 'exit');
  }

  /** Resolves also where it is killed meanwhile. */
  #heard(what: News['what']): Promise<void> {
    if (this.isKilled) return Promise.resolve();
    return new Promise((resolve) => {
      const child = this.#child;
      const hear = (news: News): void => {
        if (news.what === what) end();
      };
      const end = (): void => {
        this.off('news', hear);
        child.off('exit', end);
        resolve();
      };
      this.on('news', hear);
      child.on('exit', end);
    });
  }
}
