import { expect, it } from 'vitest';
import { replica } from '../fixtures/replica-view.ts';
import { narrate } from './narrate.ts';

it('describes each event once, in the order of the replicas', () => {
  const other = replica({ name: 'pod-2', port: 3002 });
  const before = [replica({ leads: true }), other];
  const after = [
    replica({ state: 'dead', exit: { code: null, signal: 'SIGKILL' } }),
    { ...other, leads: true, isCutOff: true, problem: 'cannot be started' },
  ];
  expect(narrate(before, after, 1)).toEqual({
    sentences: [
      'pod-1 is dead (SIGKILL)',
      'pod-2: cannot be started',
      'the sidecar of pod-2 is cut off from the API server',
      'pod-2 leads, term 2',
    ],
    terms: 2,
  });
  expect(narrate(after, after, 2).sentences).toEqual([]);
});

it('says in plain words that a replica leads without the lock', () => {
  const before = [replica({ leads: true })];
  const after = [replica({ leads: true, holdsLock: false })];
  expect(narrate(before, after, 1)).toEqual({
    sentences: [
      'pod-1 has lost the lock, but its sidecar says that it leads: an app with lockRecord steps down, any other app goes on',
    ],
    terms: 1,
  });
});
