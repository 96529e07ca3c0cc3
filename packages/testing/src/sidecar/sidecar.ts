import type { IncomingMessage, ServerResponse } from 'node:http';
import { traitsOf } from './dialect.ts';
import type { Claim, Dialect, DialectTraits } from './dialect.ts';
import type { ElectionTiming } from './election-timing.ts';
import { LeaseCandidacy } from './candidacy/lease-candidacy.ts';
import type { CandidacyOptions } from './candidacy/lease-candidacy.ts';
import { LeaseClient } from './candidacy/lease-client.ts';
import { LoopbackServer } from '../loopback-server.ts';
import { PodCandidacy } from './candidacy/pod-candidacy.ts';
import { play } from './scripted-answer.ts';
import type { ScriptedAnswer } from './scripted-answer.ts';
import { SidecarLife } from './sidecar-life.ts';

/** All that one sidecar needs to know; plain data, since it may have to reach another process. */
export interface SidecarSettings {
  readonly name: string;
  /** 0 finds a free one. */
  readonly port: number;
  readonly apiUrl: string;
  readonly dialect: Dialect;
  readonly timing: ElectionTiming;
  /** What it answers instead of the truth, from its first request on. */
  readonly script?: ScriptedAnswer | undefined;
}

/** What a sidecar reports about itself; plain data too. */
export type SidecarNews =
  | { readonly kind: 'claim'; readonly leader: string }
  | { readonly kind: 'request' }
  | { readonly kind: 'streams'; readonly open: number };

/** One sidecar: it stands in the election and answers over HTTP who leads. */
export class Sidecar {
  readonly #settings: SidecarSettings;
  readonly #traits: DialectTraits;
  readonly #report: (news: SidecarNews) => void;
  readonly #life = new SidecarLife();
  readonly #server: LoopbackServer;
  readonly #streams = new Set<ServerResponse>();
  readonly #exit = Promise.withResolvers<void>();
  #claim: Claim = { name: '', changedAt: new Date() };
  #script: ScriptedAnswer | undefined;

  constructor(settings: SidecarSettings, report: (news: SidecarNews) => void) {
    this.#settings = settings;
    this.#traits = traitsOf(settings.dialect);
    this.#report = report;
    this.#script = settings.script;
    this.#server = new LoopbackServer((request, response) => {
      // A rejection says that the sidecar has ended, and its sockets with it.
      this.#serve(request, response).catch(() => response.destroy());
    }, settings.port);
  }

  /** Resolves if the program exits by itself; its host then ends it. */
  get exited(): Promise<void> {
    return this.#exit.promise;
  }

  /** Resolves with the port once the sidecar listens; from then on it stands in the election. */
  async start(): Promise<number> {
    if (this.#script !== 'refuse') await this.#server.open();
    const { name, timing, dialect, apiUrl } = this.#settings;
    const life = this.#life;
    const options: CandidacyOptions = {
      name,
      timing,
      traits: traitsOf(dialect),
      api: new LeaseClient(apiUrl, life),
      life,
      claim: (leader) => this.#name(leader),
    };
    const candidacy = this.#traits.leaseExpires ? new LeaseCandidacy(options) : new PodCandidacy(options);
    candidacy.run().then(this.#exit.resolve, (error: unknown) => {
      if (!life.signal.aborted) throw error;
    });
    return this.#server.port;
  }

  /** What SIGSTOP does to a process of its own. */
  stop(): void {
    this.#life.stop();
  }

  /** What SIGCONT does. */
  continue(): void {
    this.#life.continue();
  }

  /** What SIGKILL does; resolves once nothing is left. */
  async end(): Promise<void> {
    this.#life.end();
    await this.#server.close();
  }

  /** Answers by `script` from now on, or honestly without one. Resolves once that is in effect. */
  async answer(script: ScriptedAnswer | undefined): Promise<void> {
    this.#script = script;
    await (script === 'refuse' ? this.#server.close() : this.#server.open());
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#life.awake();
    this.#report({ kind: 'request' });
    const honest = { contentType: this.#traits.contentType, body: this.#traits.body(this.#claim) };
    if (this.#script !== undefined) await play(this.#script, response, honest, this.#life);
    else if (this.#traits.streamsEvents && pathOf(request) === '/sse') this.#stream(response);
    else response.writeHead(200, { 'content-type': honest.contentType, ...lengthOf(honest.body) }).end(honest.body);
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    this.#streams.add(response);
    response.on('close', () => {
      this.#streams.delete(response);
      this.#report({ kind: 'streams', open: this.#streams.size });
    });
    this.#report({ kind: 'streams', open: this.#streams.size });
    this.#sendEvent(response);
  }

  #sendEvent(response: ServerResponse): void {
    response.write(`data: ${this.#traits.body(this.#claim)}\n\n`);
  }

  #name(leader: string): void {
    if (leader === this.#claim.name) return;
    this.#claim = { name: leader, changedAt: new Date() };
    this.#report({ kind: 'claim', leader });
    for (const response of this.#streams) this.#sendEvent(response);
  }
}

function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split('?', 1)[0];
}

function lengthOf(body: string): { readonly 'content-length': number } {
  return { 'content-length': Buffer.byteLength(body) };
}
