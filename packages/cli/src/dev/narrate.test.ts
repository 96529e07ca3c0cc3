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
      'pod-2 is cut off from the API server',
      'pod-2 leads, term 2',
    ],
    terms: 2,
  });
  expect(narrate(after, after, 2).sentences).toEqual([]);
});
