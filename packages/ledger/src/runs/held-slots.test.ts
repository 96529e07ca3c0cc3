import { describe, expect, it, vi } from 'vitest';
import { skewMs } from './heartbeat.ts';
import { HeldSlots, silentMs } from './held-slots.ts';

const slot = new Date(0);

describe('HeldSlots', () => {
  it('knows a slot until it is freed, and tells when the first is held', () => {
    const onFirst = vi.fn<() => void>();
    const slots = new HeldSlots(onFirst);
    const first = slots.hold({ job: 'a', slot });
    const second = slots.hold({ job: 'b', slot });
    expect(onFirst).toHaveBeenCalledOnce();
    expect([slots.has({ job: 'a', slot }), slots.has({ job: 'c', slot })]).toEqual([true, false]);
    first.free();
    expect(slots.has({ job: 'a', slot })).toBe(false);
    second.free();
    slots.hold({ job: 'a', slot });
    expect(onFirst).toHaveBeenCalledTimes(2);
  });

  it('does not free what was held anew', () => {
    const slots = new HeldSlots(() => {});
    const earlier = slots.hold({ job: 'a', slot });
    earlier.free();
    slots.hold({ job: 'a', slot });
    earlier.free();
    expect(slots.has({ job: 'a', slot })).toBe(true);
  });

  it('ends what matches, with ERR_NOT_LEADER', () => {
    const slots = new HeldSlots(() => {});
    const [a, b] = [slots.hold({ job: 'a', slot }), slots.hold({ job: 'b', slot })];
    slots.end('its host has stopped', ({ job }) => job === 'a');
    expect([a.signal.aborted, b.signal.aborted]).toEqual([true, false]);
    expect(a.signal.reason).toMatchObject({ code: 'ERR_NOT_LEADER' });
  });
});

it('a slot is silent since its claim or since a later beat, by the clock that says longer', () => {
  const held = new HeldSlots(() => {}).hold({ job: 'a', slot });
  const at = (ms: number, wallMs = ms): Parameters<typeof silentMs>[2] => ({
    monotonicMs: held.since.monotonicMs + ms,
    wallMs: held.since.wallMs + wallMs,
  });
  expect(silentMs(held, undefined, at(5_000))).toBeCloseTo(5_000);
  expect(silentMs(held, at(3_000), at(5_000))).toBeCloseTo(2_000);
  expect(silentMs(held, at(-60_000), at(5_000))).toBeCloseTo(5_000);
  expect(silentMs(held, at(3_000), at(5_000, 90_000))).toBeCloseTo(87_000);
});

it.each([
  { storeMs: 150, skew: 0 },
  { storeMs: 100, skew: 0 },
  { storeMs: 40, skew: 60 },
  { storeMs: 260, skew: -60 },
])('a store that reads $storeMs between 100 and 200 of this clock shows a skew of $skew', ({ storeMs, skew }) => {
  expect(skewMs(storeMs, 100, 200)).toBe(skew);
});
