import { once } from 'node:events';
import { gateBackend, type GateOptions } from '@cluster-leader/agenda';
import { fakeLeader, type FakeLeader } from '@cluster-leader/testing';
import {
  Agenda,
  type AgendaBackend,
  type AgendaOptions,
  type Job,
  type JobParameters,
  type JobRepository,
} from 'agenda';
import { onTestFinished, vi, type Mock } from 'vitest';
import { backendOf, newSpace, type Kind } from './databases.ts';

/** A `processEvery` longer than any test: Agenda queries only when it is notified. Jobs due within it are locked ahead. */
export const NEVER_MS = 600_000;

/** One replica of a test. */
export interface Opened {
  readonly agenda: Agenda;
  readonly leader: FakeLeader;
  readonly backend: AgendaBackend;
}

/** Options of {@link open}: those of the gate, and the database of the jobs. */
export interface OpenOptions extends Partial<GateOptions> {
  readonly kind: Kind;
  readonly url: string;
  readonly space: string;
  readonly name?: string;
  readonly backend?: AgendaBackend;
  readonly agenda?: Partial<AgendaOptions>;
}

/** Creates a gated Agenda that is connected but not started. It is stopped at the end of the test. */
export async function open({ kind, url, space, name = 'a', agenda: more, ...options }: OpenOptions): Promise<Opened> {
  const leader = fakeLeader();
  const { backend = backendOf(kind, url, space), ...gate } = options;
  const gated = gateBackend(backend, { leader, leaderOnly: 'all', ...gate });
  const agenda = new Agenda({ backend: gated, name, processEvery: NEVER_MS, ...more });
  onTestFinished(async () => {
    await agenda.stop(false);
    await gated.disconnect();
  });
  await agenda.ready; // the first to connect creates the Postgres tables, which fails if two do so at once
  return { agenda, leader, backend };
}

/** Opens two replicas on the same jobs. */
export async function openTwo(database: Pick<OpenOptions, 'kind' | 'url'>): Promise<{ a: Opened; b: Opened }> {
  const space = newSpace();
  const a = await open({ ...database, space });
  return { a, b: await open({ ...database, space, name: 'b' }) };
}

/** Returns a backend with a spy on `disconnect()` that reports `ownsConnection`. */
export function spiedBackend(
  { kind, url, space }: Pick<OpenOptions, 'kind' | 'url' | 'space'>,
  ownsConnection: boolean | undefined,
): { readonly backend: AgendaBackend; readonly disconnect: Mock<() => Promise<void>> } {
  const inner = backendOf(kind, url, space);
  const disconnect = vi.fn<() => Promise<void>>(() => inner.disconnect());
  return { backend: replaced<AgendaBackend>(inner, { disconnect, ownsConnection }), disconnect };
}

/** Retries `check` until it does not throw: the database does not notify of changes, and a busy machine is slow. */
export function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(async () => check(), { timeout: 15_000 });
}

/** Resolves with the next job of this name that succeeds on this Agenda, not on another replica. */
export async function succeeded(agenda: Agenda, name: string): Promise<Job> {
  for (;;) {
    const [job, isRemote] = await once(agenda, `success:${name}`);
    if (isRemote !== true) return job;
  }
}

/** Reads the jobs of a name from the database. */
export async function rowsOf(agenda: Agenda, name: string): Promise<readonly JobParameters[]> {
  const { jobs } = await agenda.queryJobs({ name });
  return jobs;
}

/** Returns the backend with some methods of its repository replaced. */
export function altered(backend: AgendaBackend, members: Partial<JobRepository>): AgendaBackend {
  return replaced(backend, { repository: replaced(backend.repository, members) });
}

/** Returns the object with some members replaced. */
export function replaced<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_target, key) {
      if (Object.hasOwn(members, key)) return Reflect.get(members, key);
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
