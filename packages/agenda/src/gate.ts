import type { AgendaBackend, JobRepository, NotificationChannel } from 'agenda';
import type { GateRules } from './gate-options.ts';
import { GatedQueue } from './gated-queue.ts';
import { gateRuns } from './job-runs.ts';
import { overlay } from './overlay.ts';
import { WakeableChannel } from './wakeable-channel.ts';

/** A backend behind its gate, and what stands behind that. */
export interface Gate {
  /** What Agenda is given. */
  readonly backend: AgendaBackend;
  readonly queue: GatedQueue;
}

const gates = new WeakMap<JobRepository, Gate>();

/** Puts a gate before a backend; `prepare` must resolve before it connects. */
export function createGate(
  inner: AgendaBackend,
  rules: GateRules,
  channel: NotificationChannel | undefined = inner.notificationChannel,
  prepare: () => Promise<void> = async () => {},
): Gate {
  gateRuns((repository) => gates.get(repository)?.queue);
  const queue: GatedQueue = new GatedQueue(inner.repository, rules, () => wakeable);
  const wakeable = new WakeableChannel(channel, () => queue.stopped());
  const repository = overlay(inner.repository, {
    getNextJobToRun: (...query) => queue.next(...query),
    saveJob: (job, options) => queue.save(job, options),
    saveJobState: (...state) => queue.saveState(...state),
    unlockJob: (attrs) => queue.unlock(attrs),
    unlockJobs: (ids) => queue.unlockAll(ids),
  });
  let connected = Promise.resolve();
  const backend = overlay(inner, {
    repository,
    notificationChannel: wakeable.channel,
    connect() {
      connected = prepare().then(() => inner.connect());
      return connected;
    },
    async disconnect() {
      await connected.catch(() => {}); // what is still connecting would be connected afterwards
      queue.unwatch();
      await queue.settled(); // a job that is just being locked must be freed first
      await inner.disconnect();
    },
  });
  const gate = { backend, queue };
  gates.set(repository, gate);
  return gate;
}

/** The gate that a repository stands behind, where one does. */
export function gateOf(repository: JobRepository): Gate | undefined {
  return gates.get(repository);
}
