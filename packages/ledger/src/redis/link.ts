import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { createHash } from 'node:crypto';
import { LATEST_EFFECT_MS } from '../store/run-store.ts';

/** What the store uses of a client of `ioredis`. */
export interface IoRedisClient {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** What the store uses of a connected client of `redis`. */
export interface NodeRedisClient {
  readonly isReady: boolean;
  sendCommand(args: string[]): Promise<unknown>;
}

/** The part of the latest effect that a call may spend on its way. */
const LONGEST_WAY_MS = LATEST_EFFECT_MS - 1_000;

const KEYS = ['runs', 'slots', 'open', 'jobs', 'beats', 'terms', 'skips'];

/** Runs scripts, each at most once and never late: a client sends again what a broken connection left unanswered. */
export class RedisLink {
  readonly #client: IoRedisClient | NodeRedisClient;
  readonly #prefix: string;
  /** Redis's clock minus the monotonic one of this process, in milliseconds, as far as it is known. */
  #offsetMs: number | undefined;

  constructor(client: IoRedisClient | NodeRedisClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  /** Reads Redis's clock, and fails if Redis may drop records. */
  async prepare(): Promise<void> {
    const info = String(await this.#send(['INFO', 'memory']));
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      throw invalidOption(
        'maxmemory-policy',
        policy,
        'noeviction, since an evicted run would run again. Set it in Redis',
      );
    }
    const time = await this.#send(['TIME']);
    if (Array.isArray(time)) this.#adjust(Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000));
  }

  async run(script: string, namespace: string, input: object): Promise<unknown[]> {
    // The braces keep the keys of a namespace on one node of a Redis Cluster.
    const keys = KEYS.map((key) => `${this.#prefix}:{${namespace}}:${key}`);
    const deadlineMs = this.#offsetMs === undefined ? 0 : this.#offsetMs + performance.now() + LONGEST_WAY_MS;
    const args = [String(keys.length), ...keys, String(Math.round(deadlineMs)), JSON.stringify(input)];
    try {
      const reply = await this.#evaluate(script, args);
      return Array.isArray(reply) ? reply : [];
    } catch (error) {
      const late = /\bLATE (\d+)/.exec(String(error))?.[1];
      if (late === undefined) throw error;
      this.#adjust(Number(late));
      throw new Error('Redis received the call too late, or its clock has jumped.', { cause: error });
    }
  }

  async #evaluate(script: string, args: string[]): Promise<unknown> {
    try {
      return await this.#send(['EVALSHA', createHash('sha1').update(script).digest('hex'), ...args]);
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error;
      return this.#send(['EVAL', script, ...args]);
    }
  }

  #send([command = '', ...args]: string[]): Promise<unknown> {
    const client = this.#client;
    const isReady = 'call' in client ? client.status === 'ready' : client.isReady;
    // A client that is connecting would queue the command, for as long as that takes.
    if (!isReady) return Promise.reject(new Error('The Redis client is not connected.'));
    return 'call' in client ? client.call(command, ...args) : client.sendCommand([command, ...args]);
  }

  #adjust(redisMs: number): void {
    this.#offsetMs = redisMs - performance.now();
  }
}
