import { measurePush } from './measure-push.ts';
import { distributionOf, round, show } from './statistics.ts';

const { loneMs, secondMs, idleCpu, floodCpu } = await measurePush(100);
show("push: ms from the sidecar's change to the leader's event", {
  'a lone change': distributionOf(loneMs),
  'a second change 10 to 40 ms later': distributionOf(secondMs),
});
show('push: CPU of this process, in percent of a core', {
  'no events': { percent: round(100 * idleCpu) },
  '1 000 events a second': { percent: round(100 * floodCpu) },
});
