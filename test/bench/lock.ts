import { measureLock } from './measure-lock.ts';
import { round, show } from './statistics.ts';

const { readsPerMinute, followerReads, cpu, cpuWithout } = await measureLock(30_000);
show('lock record: what it costs a pod at a lease of 10 s', {
  'requests a minute of a leader': { is: round(readsPerMinute) },
  'requests of a follower': { is: followerReads },
  'CPU of a leader with it, in percent of a core': { is: round(100 * cpu) },
  'CPU of a leader without it, in percent of a core': { is: round(100 * cpuWithout) },
});
