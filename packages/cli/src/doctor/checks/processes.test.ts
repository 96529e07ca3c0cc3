import { expect, it } from 'vitest';
import { found } from '../../fixtures/pod-facts.ts';
import type { VisibleProcess } from '../facts/processes.ts';

function worker(pid: number, app: string, number: string): VisibleProcess {
  return { pid, commandLine: 'node app.js', worker: { app, number } };
}

it.each([
  { what: 'one instance of one app', processes: [worker(7, 'pm2 a', '0')], pids: [] },
  { what: 'one instance of each of two apps', processes: [worker(7, 'pm2 a', '0'), worker(8, 'pm2 b', '1')], pids: [] },
  { what: 'a worker and its child', processes: [worker(7, 'pm2 a', '0'), worker(8, 'pm2 a', '0')], pids: [] },
  {
    what: 'two instances of one app beside another app',
    processes: [worker(7, 'pm2 a', '0'), worker(8, 'pm2 b', '0'), worker(9, 'pm2 a', '1')],
    pids: ['(7, 9)'],
  },
])('counts the instances of each app: $what', ({ processes, pids }) => {
  const findings = found('processes', { processes });
  expect(findings.map(({ level }) => level)).toEqual(pids.length === 0 ? ['ok'] : ['warning']);
  for (const pid of pids) expect(findings[0]?.what).toContain(pid);
});
