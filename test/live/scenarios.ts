import type { Election } from '@cluster-leader/testing';
import type { Pod } from './pod.ts';

/** A fault of the leader's pod or of the whole cluster, which `begin` causes and `end` repairs. */
export interface Scenario {
  readonly name: string;
  readonly begin: (leader: Pod, election: Election, pods: readonly Pod[]) => Promise<void> | void;
  readonly end?: (leader: Pod, election: Election, pods: readonly Pod[]) => Promise<void> | void;
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'app paused',
    begin: (leader) => leader.pauseApp(),
    end: (leader) => leader.resumeApp(),
  },
  {
    name: 'sidecar paused',
    begin: ({ candidate }) => candidate.pause(),
    end: ({ candidate }) => candidate.resume(),
  },
  {
    name: 'both paused',
    async begin(leader) {
      leader.pauseApp();
      await leader.candidate.pause();
    },
    async end(leader) {
      await leader.candidate.resume();
      leader.resumeApp();
    },
  },
  {
    name: 'black hole of the sidecar',
    begin: ({ candidate }) => candidate.cutOff('sidecar', 'black-hole'),
    end: ({ candidate }) => candidate.heal(),
  },
  {
    name: 'black hole of both',
    begin: ({ candidate }) => candidate.cutOff('both', 'black-hole'),
    end: ({ candidate }) => candidate.heal(),
  },
  {
    name: "the sidecar's connections are reset",
    begin: ({ candidate }) => candidate.cutOff('sidecar', 'reset'),
    end: ({ candidate }) => candidate.heal(),
  },
  {
    name: "the sidecar's path is slow",
    begin: ({ candidate }) => candidate.cutOff('sidecar', 'slow'),
    end: ({ candidate }) => candidate.heal(),
  },
  { name: 'lock deleted', begin: (_leader, { apiServer }) => apiServer.deleteLock() },
  {
    name: 'API server stopped',
    begin: (_leader, { apiServer }) => apiServer.stop(),
    end: (_leader, { apiServer }) => apiServer.start(),
  },
  {
    name: 'API server read-only',
    begin: (_leader, { apiServer }) => apiServer.readOnly(true),
    end: (_leader, { apiServer }) => apiServer.readOnly(false),
  },
  { name: "etcd's data lost", begin: (_leader, { apiServer }) => apiServer.loseData() },
  {
    name: 'rolling replacement',
    async begin(_leader, election, pods) {
      for (const pod of pods) {
        await pod.leave();
        // Only then does it return: a successor has another name, by which it could not continue the old lease.
        await election.until(() => election.holder !== undefined && election.holder !== pod.name);
        await pod.join();
      }
    },
  },
];
