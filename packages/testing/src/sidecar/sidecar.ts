import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LockObject } from '../lock/lock-object.ts';
import { released } from '../lock/next-content.ts';
import { LoopbackServer } from '../loopback-server.ts';
import type { Candidacy, CandidacyOptions } from './candidacy/candidacy.ts';
import { LeaseCandidacy } from './candidacy/lease-candidacy.ts';
import { LockClient } from './candidacy/lock-client.ts';
import { PodCandidacy } from './candidacy/pod-candidacy.ts';
import { traitsOf, type Claim, type Dialect, type DialectTraits } from './dialect.ts';
import type { ElectionTiming } from './election-timing.ts';
import { EventStreams } from './event-streams.ts';
import { playScript } from './play-script.ts';
import type { ScriptedAnswer } from './scripted-answer.ts';
import { SidecarLife } from './sidecar-life.ts';

/** The settings of one sidecar: plain data, since they may be sent to another process. */
export interface SidecarSettings {
  readonly name: string;
  /** 0 chooses a free port. */
  readonly port: number;
  readonly apiUrl: string;
  readonly lock: LockObject;
  readonly dialect: Dialect;
  readonly timing: ElectionTiming;
  /** What it answers instead of the truth from its first request; absent if it is honest. */
  readonly script?: ScriptedAnswer | undefined;
}

/** What a sidecar reports about itself: plain data as well. */
export type SidecarReport =
  | { readonly kind: 'claim'; readonly leader: string }
  | { readonly kind: 'request' }
  | { readonly kind: 'streams'; readonly open: number };

/** One sidecar: it takes part in the election and names the leader over HTTP. */
export class Sidecar {
  readonly #settings: SidecarSettings;
  readonly #traits: DialectTraits;
  readonly #report: (report: SidecarReport) => void;
  readonly #life = new SidecarLife();
  readonly #server: LoopbackServer;
  readonly #streams: EventStreams;
  readonly #exit = Promise.withResolvers<void>();
  #claim: Claim = { name: '', changedAt: new Date() };
  #script: ScriptedAnswer | undefined;

  constructor(settings: SidecarSettings, report: (report: SidecarReport) => void) {
    this.#settings = settings;
    this.#traits = traitsOf(settings.dialect);
    this.#report = report;
    this.#script = settings.script;
    this.#streams = new EventStreams((open) => report({ kind: 'streams', open }));
    this.#server = new LoopbackServer((request, response) => {
      // It rejects only if the sidecar has ended, which closes its sockets.
      this.#serve(request, response).catch(() => response.destroy());
    }, settings.port);
  }

  /** Resolves if the program exits by itself. Its sockets stay open until `end()`. */
  get exited(): Promise<void> {
    return this.#exit.promise;
  }

  /** Starts listening and takes part in the election; resolves with the port. */
  async start(): Promise<number> {
    if (this.#script !== 'refuse') await this.#server.open();
    this.#createCandidacy()
      .run()
      .then(this.#exit.resolve, (error: unknown) => {
        if (!this.#life.signal.aborted) throw error;
      });
    return this.#server.port;
  }

  /** Does what SIGSTOP does to a process. */
  stop(): void {
    this.#life.stop();
  }

  /** Does what SIGCONT does to a process. */
  continue(): void {
    this.#life.continue();
  }

  /** Does what SIGKILL does to a process; resolves once all sockets are closed. */
  async end(): Promise<void> {
    this.#life.end();
    await this.#server.close();
  }

  /** Does what SIGTERM does to a process; resolves as `end()` does. */
  async terminate(): Promise<void> {
    this.#life.end();
    if (this.#traits.releasesOnTerm) await this.#release();
    await this.#server.close();
  }

  /** Answers with `script` from now on, or honestly if it is undefined. Resolves once that is in effect. */
  async answer(script: ScriptedAnswer | undefined): Promise<void> {
    this.#script = script;
    await (script === 'refuse' ? this.#server.close() : this.#server.open());
  }

  #createCandidacy(): Candidacy {
    const { name, timing } = this.#settings;
    const life = this.#life;
    const options: CandidacyOptions = {
      name,
      timing,
      traits: this.#traits,
      api: this.#createClient(life),
      life,
      claim: (leader) => this.#setClaim(leader),
    };
    return this.#traits.leaseExpires ? new LeaseCandidacy(options) : new PodCandidacy(options);
  }

  #createClient(life: SidecarLife): LockClient {
    const { apiUrl, lock, timing } = this.#settings;
    const { requestTimeoutLeases: leases } = this.#traits;
    return new LockClient({ apiUrl, lock, life, requestTimeoutMs: leases && leases * timing.leaseDurationMs });
  }

  /** Gives up the lock if it is this sidecar's, for at most a renew deadline. */
  async #release(): Promise<void> {
    const { name, timing } = this.#settings;
    const lastWords = new SidecarLife();
    const limit = setTimeout(() => lastWords.end(), timing.renewDeadlineMs);
    try {
      const api = this.#createClient(lastWords);
      const lock = await api.read();
      if (lock?.content.holder !== name) return;
      await api.replace(lock, released(lock.content, new Date(), timing, this.#traits.lock));
    } catch {
      // The lock stays until it expires.
    } finally {
      clearTimeout(limit);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#life.awake();
    this.#report({ kind: 'request' });
    const honest = { contentType: this.#traits.contentType, body: this.#body() };
    if (this.#script !== undefined) await playScript(this.#script, response, honest, this.#life);
    else if (this.#traits.streamsEvents && pathOf(request) === '/sse') this.#streams.open(response, honest.body);
    else response.writeHead(200, { 'content-type': honest.contentType, ...lengthOf(honest.body) }).end(honest.body);
  }

  #body(): string {
    return this.#traits.body(this.#claim, this.#settings.name);
  }

  #setClaim(leader: string): void {
    if (leader === this.#claim.name) return;
    this.#claim = { name: leader, changedAt: new Date() };
    this.#report({ kind: 'claim', leader });
    this.#streams.send(this.#body());
  }
}

function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split('?', 1)[0];
}

function lengthOf(body: string): { readonly 'content-length': number } {
  return { 'content-length': Buffer.byteLength(body) };
}
