import { FOLLOWER, LEADER } from '../belief/verdict.ts';
import type { LeaderStatus } from '../leadership/cluster-leader.ts';
import { ConstantSource } from '../leadership/constant-source.ts';
import { Leader } from '../leadership/leader.ts';
import type { LeadershipSource } from '../leadership/leadership-source.ts';
import { defaultLogger, harmless } from '../settings/logger.ts';
import { resolveOptions, type ClusterLeaderOptions, type Mode, type ResolvedOptions } from '../settings/options.ts';
import { BoundedClient } from '../sidecar/bounded-client.ts';
import { HttpElectorClient, type ElectorClient } from '../sidecar/elector-client.ts';
import type { Transport } from '../sidecar/http-transport.ts';
import { SidecarSource, type SidecarStatus } from '../sidecar/sidecar-source.ts';

/** A plain object for health endpoints and logs. */
export interface ClusterLeaderStatus extends LeaderStatus, SidecarStatus {
  readonly mode: Mode;
}

/**
 * Says whether this pod leads, by asking the leader-elector sidecar beside it.
 *
 * It watches from the first use of any member on, and keeps the process alive only while a caller awaits a promise.
 *
 * @example
 * const leader = new ClusterLeaderService();
 * if (await leader.isLeader()) await sendInvoices();
 */
export class ClusterLeaderService extends Leader {
  readonly #options: ResolvedOptions;
  readonly #source: SidecarSource | undefined;

  /**
   * Throws ERR_INVALID_OPTION. Tests replace what answers: by a transport, under the real retry and circuit breaker, or
   * by a client in place of these.
   */
  constructor(options: ClusterLeaderOptions = {}, answering?: ElectorClient | Transport) {
    const resolved = resolveOptions(options);
    const logger = harmless(options.logger ?? defaultLogger);
    const source =
      resolved.mode === 'sidecar' ? new SidecarSource(resolved, clientOf(resolved, answering), logger) : undefined;
    super(source ?? constantSource(resolved), { ...options, election: resolved.election });
    this.#options = resolved;
    this.#source = source;
    for (const warning of resolved.warnings) logger.warn(`Leader election: ${warning}`);
  }

  /**
   * Resolves with the name of the leader that the sidecar answers, or undefined if it names nobody.
   *
   * Use it for display alone: old sidecars name a stale leader on followers, without limit.
   */
  async getLeader(): Promise<string | undefined> {
    await this.start();
    const { mode, identity } = this.#options;
    if (this.#source !== undefined) return this.#source.leaderName;
    return mode === 'always' && !this.isClosed ? identity[0] : undefined;
  }

  override status(): ClusterLeaderStatus {
    const { mode, url, identity } = this.#options;
    return { ...super.status(), mode, url: url.href, identity };
  }
}

function clientOf({ url, parse, timing }: ResolvedOptions, answering?: ElectorClient | Transport): ElectorClient {
  if (answering !== undefined && 'ask' in answering) return new BoundedClient(answering, timing);
  return new HttpElectorClient(url, parse, timing, answering);
}

function constantSource({ mode }: ResolvedOptions): LeadershipSource {
  return new ConstantSource(mode === 'always' ? LEADER : FOLLOWER);
}
