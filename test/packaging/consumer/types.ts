// What a user's own code looks like to the compiler.
import { drain, gateBackend, runForkedJob, type GateOptions } from '@cluster-leader/agenda';
import { startReplicas } from '@cluster-leader/cli';
import { ClusterLeaderService, isLeader, type ClusterLeader, type RunResult, type Term } from '@cluster-leader/core';
import { ClusterLeaderModule, LeaderInterval } from '@cluster-leader/nestjs';
import { leaderCron } from '@cluster-leader/node-cron';
import { fakeLeader, startElection } from '@cluster-leader/testing';
import { Agenda, type AgendaBackend } from 'agenda';
import { schedule as plainSchedule } from 'node-cron';

const leader: ClusterLeader = new ClusterLeaderService({ leaseDurationMs: 15_000, onUnknown: 'throw' });
leader.on('elected', ({ term }) => term.signal.aborted);
leader.on('demoted', ({ reason }) => reason === 'stale');
// @ts-expect-error -- there is no such event
leader.on('lost', () => {});
// @ts-expect-error -- there is no such option
new ClusterLeaderService({ ttl: 1 });

export const drop: Promise<boolean> = isLeader();
export const result: Promise<RunResult<number>> = leader.runIfLeader((term: Term) => term.number ?? 0);
export const gated: (name: string) => Promise<number | undefined> = leader.gate((name: string) => name.length);
export const schedule: typeof plainSchedule = leaderCron(fakeLeader()).schedule;
leaderCron(leader).schedule('* * * * *', ({ term, date }) =>
  fetch(`http://localhost/${date.getTime()}`, { signal: term.signal }),
);
export const election = startElection({ dialect: 'nais' }).then(({ candidates }) => candidates[0]?.env);
export const replicas = startReplicas({
  command: ['node', 'app.js'],
  onOutput: (name, lines) => void [name, lines.length],
}).then((set) => set.view().map(({ name, leads }) => [name, leads]));

export const everywhere = ClusterLeaderModule.forRoot({ gate: 'all', leaseDurationMs: 15_000 });
export const later = ClusterLeaderModule.forRootAsync({ useFactory: () => ({ shutdownTimeoutMs: 1_000 }) });
export const decorators = [LeaderInterval(1_000), LeaderInterval('sweep', 1_000, { onSkip: ({ reason }) => reason })];
// @ts-expect-error -- an interval has a time
LeaderInterval('sweep');
// @ts-expect-error -- there is no such gate
ClusterLeaderModule.forRoot({ gate: 'some' });

export function queue(backend: AgendaBackend, options: GateOptions): Agenda {
  const agenda = new Agenda({ backend: gateBackend(backend, options) });
  agenda.define('report', async (job) => void job.attrs.name);
  return agenda;
}
export const names: GateOptions = { leader, leaderOnly: ['report'], maxAgeMs: 0 };
export const all = (backend: AgendaBackend): AgendaBackend => gateBackend(backend, { leader, leaderOnly: 'all' });
export const drained = (agenda: Agenda): Promise<number> =>
  drain(agenda, { timeoutMs: 1_000 }).then(({ givenBack, running }) => givenBack + running);
export const forked = (agenda: Agenda): Promise<void> => runForkedJob(agenda, 'report', '1');
// @ts-expect-error -- who leads must be told
export const nobody: GateOptions = { leaderOnly: 'all' };
