import { expect, it } from 'vitest';
import { found, naming, POD } from '../../fixtures/pod-facts.ts';
import type { Probe } from '../facts/probe.ts';

const REFUSED: Probe = { kind: 'failed', code: 'ECONNREFUSED', tookMs: 1 };

it.each([
  { what: 'both give the same answer', six: naming(POD), four: naming(POD), finds: [] },
  { what: 'both refuse, which is reported elsewhere', six: REFUSED, four: REFUSED, finds: [] },
  {
    what: '::1 refuses',
    six: REFUSED,
    four: naming(POD),
    finds: [
      {
        level: 'warning',
        what: 'localhost also resolves to ::1, but no sidecar answers there: a client that tries only that address fails.',
        change: 'Set ELECTOR_GET_URL=http://127.0.0.1:4040/.',
      },
    ],
  },
  {
    what: '127.0.0.1 refuses',
    six: naming(POD),
    four: REFUSED,
    finds: [
      {
        level: 'warning',
        what: 'localhost also resolves to 127.0.0.1, but no sidecar answers there: a client that tries only that address fails.',
        change: 'Set ELECTOR_GET_URL=http://[::1]:4040/.',
      },
    ],
  },
  {
    what: 'they name different leaders',
    six: naming('impostor'),
    four: naming(POD),
    finds: [
      {
        level: 'fault',
        what: `Several programs answer at localhost, and name different leaders: "impostor", "${POD}".`,
        change: 'Set ELECTOR_GET_URL=http://[::1]:4040/.',
      },
    ],
  },
])('checks the addresses of localhost: $what', ({ six, four, finds }) => {
  const addresses = [
    { address: '::1', probe: six },
    { address: '127.0.0.1', probe: four },
  ];
  expect(found('localhost', { addresses })).toMatchObject(finds);
});
