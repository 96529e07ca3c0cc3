import {
  BaseNotificationChannel,
  toJobId,
  type JobParameters,
  type NotificationChannel,
  type NotificationHandler,
} from 'agenda';
import { overlay } from './overlay.ts';

/** The backend's channel, by which Agenda can also be woken from here. */
export class WakeableChannel {
  /** What Agenda is given. */
  readonly channel: NotificationChannel;
  readonly #inner: NotificationChannel | undefined;
  readonly #handlers = new Set<NotificationHandler>();
  #wasUsed = false;

  /** `onStop` is called when an Agenda stops listening, which it does when it stops or drains. */
  constructor(inner: NotificationChannel | undefined, onStop: () => void) {
    this.#inner = inner;
    const base = inner ?? new SilentChannel();
    this.channel = overlay(base, {
      subscribe: (handler) => {
        const end = base.subscribe(handler);
        this.#wasUsed = true;
        this.#handlers.add(handler);
        return () => {
          this.#handlers.delete(handler);
          end();
          onStop();
        };
      },
    });
  }

  /** Whether an Agenda has ever listened: one with a channel of its own does not. */
  get wasUsed(): boolean {
    return this.#wasUsed;
  }

  /** Whether the Agenda listens no more. What it still asks for, in the midst of a scan, nobody would run. */
  get hasStopped(): boolean {
    return this.#wasUsed && this.#handlers.size === 0;
  }

  /** Lets Agenda look for jobs of these names at once, as it does where one was scheduled. */
  async wake(names: Iterable<string>): Promise<void> {
    const notifications = Array.from(names, (jobName) => ({
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

  /** Tells the other replicas of a job that is free again. Where there is no channel they find it by their next scan. */
  async announce({ _id, name, nextRunAt, priority }: JobParameters): Promise<void> {
    if (_id === undefined || this.#inner?.state !== 'connected') return;
    const notification = { jobId: _id, jobName: name, nextRunAt, priority, timestamp: new Date() };
    await this.#inner.publish(notification).catch(() => {}); // it is news, not the truth, which is in the database
  }
}

/** For backends that notify nobody: nothing is published, but Agenda can be woken. */
class SilentChannel extends BaseNotificationChannel {
  async connect(): Promise<void> {
    this.setState('connected');
  }

  async disconnect(): Promise<void> {
    this.setState('disconnected');
  }

  async publish(): Promise<void> {}
}
