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
import { onTestFinished, vi } from 'vitest';
import { backendOf, type Kind } from './databases.ts';

/** Agenda looks again by itself only after the test: what happens, happens by a notification, or by a lock ahead. */
export const NEVER_MS = 600_000;

export interface Opened {
  readonly agenda: Agenda;
  readonly leader: FakeLeader;
  readonly backend: AgendaBackend;
}

export interface OpenOptions extends Partial<GateOptions> {
  readonly kind: Kind;
  readonly url: string;
  readonly space: string;
  readonly name?: string;
  readonly backend?: AgendaBackend;
  readonly agenda?: Partial<AgendaOptions>;
}

/** An Agenda behind a gate, not yet started; it is stopped when the test is over. */
export async function open({ kind, url, space, name = 'a', agenda: more, ...options }: OpenOptions): Promise<Opened> {
  const leader = fakeLeader();
  const { backend = backendOf(kind, url, space), ...gate } = options;
  const gated = gateBackend(backend, { leader, leaderOnly: 'all', ...gate });
  const agenda = new Agenda({ backend: gated, name, processEvery: NEVER_MS, ...more });
  onTestFinished(async () => {
    await agenda.stop(false);
    await gated.disconnect();
  });
  await agenda.ready; // Postgres' tables are made by the first that connects; two at once stumble over each other
  return { agenda, leader, backend };
}

/** Looks at the database until `check` does not throw, which on a busy machine may take its time: it tells nobody. */
export function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(async () => check(), { timeout: 15_000 });
}

/** The next run of a job on this very Agenda, when it has succeeded. */
export async function succeeded(agenda: Agenda, name: string): Promise<Job> {
  for (;;) {
    const [job, isRemote] = await once(agenda, `success:${name}`);
    if (isRemote !== true) return job;
  }
}

/** The rows of a name, as they are in the database. */
export async function rowsOf(agenda: Agenda, name: string): Promise<readonly JobParameters[]> {
  const { jobs } = await agenda.queryJobs({ name });
  return jobs;
}

/** The backend with some calls of its repository done otherwise. */
export function altered(backend: AgendaBackend, members: Partial<JobRepository>): AgendaBackend {
  return replaced(backend, { repository: replaced(backend.repository, members) });
}

/** An object with some members replaced. */
export function replaced<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_target, key) {
      if (Object.hasOwn(members, key)) return Reflect.get(members, key);
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
