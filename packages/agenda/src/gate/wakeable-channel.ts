import {
  BaseNotificationChannel,
  toJobId,
  type JobParameters,
  type NotificationChannel,
  type NotificationHandler,
} from 'agenda';
import { overlay } from './overlay.ts';

/** The backend's notification channel, through which the gate can also wake the Agenda of this process. */
export class WakeableChannel {
  /** The channel to hand to Agenda. */
  readonly channel: NotificationChannel;
  readonly #inner: NotificationChannel | undefined;
  readonly #handlers = new Set<NotificationHandler>();
  #wasUsed = false;

  /** `onStop` is called when an Agenda unsubscribes, which it does when it stops or drains. */
  constructor(inner: NotificationChannel | undefined, onStop: () => void) {
    this.#inner = inner;
    const base = inner ?? new SilentChannel();
    this.channel = overlay(base, {
      subscribe: (handler) => {
        const unsubscribe = base.subscribe(handler);
        this.#wasUsed = true;
        this.#handlers.add(handler);
        return () => {
          this.#handlers.delete(handler);
          unsubscribe();
          onStop();
        };
      },
    });
  }

  /** Whether an Agenda has ever subscribed. One that was given a channel of its own does not. */
  get wasUsed(): boolean {
    return this.#wasUsed;
  }

  /** Whether the Agenda has unsubscribed. It would not run jobs that its last queries still return. */
  get hasStopped(): boolean {
    return this.#wasUsed && this.#handlers.size === 0;
  }

  /** Makes the Agenda of this process query for jobs of these names at once. */
  async wake(names: readonly string[]): Promise<void> {
    const notifications = names.map((jobName) => ({
      jobId: toJobId(''),
      jobName,
      nextRunAt: null,
      priority: 0,
      timestamp: new Date(),
    }));
    const handlers = [...this.#handlers];
    await Promise.allSettled(
      notifications.flatMap((notification) => handlers.map(async (handler) => handler(notification))),
    );
  }

  /** Notifies all replicas that a job is free again. Without a channel they find it with their next query. */
  async announce({ _id, name, nextRunAt, priority }: JobParameters): Promise<void> {
    if (_id === undefined || this.#inner?.state !== 'connected') return;
    const notification = { jobId: _id, jobName: name, nextRunAt, priority, timestamp: new Date() };
    await this.#inner.publish(notification).catch(() => {}); // the job is saved, so the next query finds it anyway
  }
}

/** Stands in for backends without a channel. It publishes nothing, but has the subscription that `wake()` needs. */
class SilentChannel extends BaseNotificationChannel {
  async connect(): Promise<void> {
    this.setState('connected');
  }

  async disconnect(): Promise<void> {
    this.setState('disconnected');
  }

  async publish(): Promise<void> {}
}
