import type { ClusterLeader, LeadershipEvents } from '@cluster-leader/core';
import { RunTracker } from '@cluster-leader/core/adapter-kit';
import { Logger } from '@nestjs/common';
import type { Handler } from '../handlers/handlers.ts';
import { markOf } from '../handlers/marks.ts';
import { miswired } from '../miswired.ts';
import { follow } from './follow.ts';

const logger = new Logger('ClusterLeader');

/** Calls the `@OnElected()` and `@OnDemoted()` methods of an app. */
export class ElectionListeners {
  /** The calls that a shutdown waits for. */
  readonly running: RunTracker = new RunTracker();
  #handlers: readonly Handler[] = [];

  /** Finds the methods; throws ERR_MISWIRED if Nest creates the instance of one for each request. */
  find(handlers: readonly Handler[]): void {
    this.#handlers = handlers.filter(({ instance, key }) => markOf(instance, key, 'events'));
    for (const { name, isStatic } of this.#handlers) {
      if (isStatic) continue;
      throw miswired(`${name} listens for elections, but is request-scoped`, 'Put it in a provider that is not.');
    }
  }

  /** Calls the methods for every event of `leader` from now on, and for the election of its present term. */
  listenTo(leader: ClusterLeader): void {
    follow(leader, {
      elected: (event) => this.#call('elected', event),
      demoted: (event) => this.#call('demoted', event),
    });
  }

  #call<Name extends 'elected' | 'demoted'>(event: Name, payload: LeadershipEvents[Name]): void {
    for (const { instance, key, method, name } of this.#handlers) {
      if (!markOf(instance, key, 'events')?.includes(event)) continue;
      const call = async (): Promise<unknown> => method.call(instance, payload);
      void this.running.track(name, call()).catch((error: unknown) => {
        logger.error(`${name} failed: ${String(error)}`, error instanceof Error ? error.stack : undefined);
      });
    }
  }
}
