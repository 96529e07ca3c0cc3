import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inVirtualTime, SEEDS, settled, type VirtualTime } from '../../../../test/support/virtual-time.ts';
import { ArbitrarySidecar, type Behaviour } from '../fixtures/arbitrary-sidecar.ts';
import { codeOf, ServiceInspector } from '../fixtures/service-inspector.ts';
import { resolveTiming } from '../settings/timing.ts';
import { ClusterLeaderService } from './cluster-leader-service.ts';

type Step =
  | { readonly what: 'sidecar'; readonly behaviour: Behaviour }
  | { readonly what: 'time' | 'stall' | 'unseen stall' | 'wall clock'; readonly ms: number }
  | { readonly what: 'check'; readonly maxAgeMs: number | undefined }
  | { readonly what: 'run' | 'wait' };

const behaviours: fc.Arbitrary<Behaviour> = fc.record({
  reply: fc.constantFrom('self', 'self', 'self', 'other', 'none', 'refuse', 'invalid'),
  isBroken: fc.constantFrom(false, false, true),
  afterMs: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 2_500 })),
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('sidecar'), behaviour: behaviours }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 1, max: 12_000 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ what: fc.constantFrom('stall', 'unseen stall'), ms: fc.integer({ min: 1, max: 9_000 }) }),
    },
    fc.record({ what: fc.constant('wall clock'), ms: fc.integer({ min: -20_000, max: 20_000 }) }),
    fc.record({ what: fc.constant('check'), maxAgeMs: fc.constantFrom(undefined, 0, 100) }),
    fc.record({ what: fc.constantFrom('run', 'wait') }),
  ),
  { minLength: 4, maxLength: 24 },
);

const timings = fc.record({
  leaseDurationMs: fc.constantFrom(10_000, 15_000, 2_000),
  settleMs: fc.constantFrom(undefined, 0),
});

test('the service leads as its answers justify, emits events in order, and emits none after close', async () => {
  const property = fc.asyncProperty(fc.integer(), timings, steps, (seed, timing, story) =>
    inVirtualTime(seed, async (time) => {
      const resolved = resolveTiming(timing);
      const sidecar = new ArbitrarySidecar(resolved);
      const options = { ...timing, identity: 'self', mode: 'sidecar', eventsUrl: false, logger: {} } as const;
      const service = new ClusterLeaderService(options, sidecar);
      const rules = { ...resolved, asksAgainMs: 0.025 * resolved.leaseDurationMs };
      const inspector = new ServiceInspector(service, sidecar, rules);
      for (const step of story) await take(step, service, sidecar, inspector, time);
      await inspector.closeService(time);
    }),
  );
  const result = await fc.check(property, { numRuns: 300 * SEEDS, includeErrorInReport: true });
  expect(fc.defaultReportMessage(result)).toBeUndefined();
}, 120_000);

async function take(
  step: Step,
  service: ClusterLeaderService,
  sidecar: ArbitrarySidecar,
  inspector: ServiceInspector,
  time: VirtualTime,
): Promise<void> {
  switch (step.what) {
    case 'sidecar':
      sidecar.behaviour = step.behaviour;
      break;
    case 'time':
      await time.runUntil(performance.now() + step.ms, () => inspector.inspectOnTime());
      break;
    case 'stall':
      await time.stall(step.ms, () => inspector.inspect());
      break;
    case 'unseen stall':
      await time.stall(step.ms);
      break;
    case 'wall clock':
      time.stepWallClock(step.ms);
      break;
    case 'check':
      inspector.expectSettled(service.isLeader({ maxAgeMs: step.maxAgeMs }));
      break;
    case 'run':
      inspector.expectSettled(service.runIfLeader((term) => inspector.inspectRun(term)));
      break;
    case 'wait':
      inspector.expectSettled(service.waitForLeadership().catch(codeOf));
      break;
  }
  await settled();
  inspector.inspect();
}
