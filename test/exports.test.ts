import * as agenda from '@cluster-leader/agenda';
import * as cli from '@cluster-leader/cli';
import * as core from '@cluster-leader/core';
import * as adapterKit from '@cluster-leader/core/adapter-kit';
import * as kubernetes from '@cluster-leader/kubernetes';
import * as ledger from '@cluster-leader/ledger';
import * as nestjs from '@cluster-leader/nestjs';
import * as nodeCron from '@cluster-leader/node-cron';
import * as testing from '@cluster-leader/testing';
import { expect, it } from 'vitest';

it.each([
  { name: 'agenda', entry: agenda, exports: ['drain', 'gateBackend', 'runForkedJob'] },
  { name: 'cli', entry: cli, exports: ['startReplicas'] },
  {
    name: 'core',
    entry: core,
    exports: [
      'ClusterLeaderError',
      'ClusterLeaderService',
      'Leader',
      'ManualSource',
      'currentTerm',
      'defaultLeader',
      'endedByLoss',
      'isLeader',
    ],
  },
  {
    name: 'core/adapter-kit',
    entry: adapterKit,
    exports: [
      'Emitter',
      'LONGEST_TIMER_MS',
      'NOT_LEADING_REASONS',
      'RunTracker',
      'UNKNOWN_REASONS',
      'ageMs',
      'connectUnreferenced',
      'defaultLogger',
      'emitWarning',
      'harmless',
      'harmlessWhen',
      'inModuleContext',
      'invalidOption',
      'isLoopback',
      'isTruncatedName',
      'parseAnswer',
      'parseDuration',
      'pause',
      'processWide',
      'readAnswer',
      'readClock',
      'requireDuration',
      'requireKnownOptions',
      'resolveTiming',
      'startLimit',
      'withLimit',
    ],
  },
  { name: 'kubernetes', entry: kubernetes, exports: ['configMapStore', 'kubernetesLock'] },
  {
    name: 'ledger',
    entry: ledger,
    exports: ['LATEST_EFFECT_MS', 'LEDGER_SKIP_REASONS', 'RUN_STATES', 'RunLedger', 'currentRun', 'memoryStore'],
  },
  {
    name: 'nestjs',
    entry: nestjs,
    exports: [
      'ClusterLeaderHealthIndicator',
      'ClusterLeaderModule',
      'EveryReplica',
      'LeaderCron',
      'LeaderInterval',
      'LeaderOnly',
      'LeaderTimeout',
      'OnDemoted',
      'OnElected',
    ],
  },
  { name: 'node-cron', entry: nodeCron, exports: ['leaderCoordinator', 'leaderCron'] },
  {
    name: 'testing',
    entry: testing,
    exports: ['adapterContract', 'fakeLeader', 'misbehavingStore', 'runStoreContract', 'startElection'],
  },
])('exports from $name what it promises, and nothing else', ({ entry, exports }) => {
  expect(Object.keys(entry).toSorted()).toEqual(exports);
});
