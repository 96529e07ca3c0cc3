import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { Agenda, AgendaBackend, JobRepository, NotificationChannel } from 'agenda';
import { GatedQueue } from '../queue/gated-queue.ts';
import { gateJobRuns } from '../runs/gate-job-runs.ts';
import type { GateRules } from './gate-options.ts';
import { overlay } from './overlay.ts';
import { WakeableChannel } from './wakeable-channel.ts';

/** A gated backend, with the parts of its gate that `drain()` and `runForkedJob()` need. */
export interface Gate {
  /** The backend to hand to Agenda. */
  readonly backend: AgendaBackend;
  readonly queue: GatedQueue;
  readonly rules: GateRules;
}

const gates = new WeakMap<JobRepository, Gate>();

/** Puts a gate in front of a backend. It connects only after `prepare` has resolved. */
export function createGate(
  inner: AgendaBackend,
  rules: GateRules,
  channel: NotificationChannel | undefined = inner.notificationChannel,
  prepare: () => Promise<void> = async () => {},
): Gate {
  gateJobRuns((gated) => gates.get(gated)?.queue.runs);
  const wakeable = new WakeableChannel(channel, () => queue.stopped());
  const queue: GatedQueue = new GatedQueue(inner.repository, rules, wakeable, inner.name === 'MongoDB');
  const repository = overlay(inner.repository, {
    getNextJobToRun: (...query) => queue.next(...query),
    saveJob: (job, options) => queue.save(job, options),
    saveJobState: (attrs, options) => queue.saveState(attrs, options),
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
      await connected.catch(() => {}); // otherwise a connection that is being opened would open after this
      queue.unwatch();
      await queue.settled(); // a job that is being locked must be freed while there is a connection
      await inner.disconnect();
    },
  });
  const gate = { backend, queue, rules };
  gates.set(repository, gate);
  return gate;
}

/** Returns the gate in front of a repository, or undefined if there is none. */
export function gateOf(repository: JobRepository): Gate | undefined {
  return gates.get(repository);
}

/** Returns the gate of an Agenda; throws ERR_INVALID_OPTION if its backend has none. */
export function requireGate(agenda: Agenda): Gate {
  const gate = gateOf(agenda.db);
  if (gate === undefined) throw invalidOption('agenda', agenda, 'one whose backend comes from gateBackend()');
  return gate;
}
