import type { RunRecord } from '@cluster-leader/ledger';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { newSpace } from '../agenda/databases.ts';
import { connectStore } from './contending/connect-store.ts';
import type { Order } from './contending/contender.ts';
import { startContender, type Contender } from './contending/contenders.ts';
import { isReleased, SLOTS, slotsFrom, stateBy } from './contending/slots.ts';

const NUMBERS = Array.from({ length: SLOTS }, (_, number) => number);
const stores = inject('stores').filter(({ kind }) => kind !== 'MongoDB');

/** Starts three contenders, in a namespace of their own. */
async function startContenders(url: string): Promise<{ namespace: string; firstMs: number; contenders: Contender[] }> {
  const namespace = newSpace();
  const firstMs = Math.floor(Date.now() / 60_000) * 60_000;
  const contenders = await Promise.all([0, 1, 2].map((seed) => startContender(url, namespace, firstMs, seed)));
  onTestFinished(async () => void (await Promise.all(contenders.map((contender) => contender.close()))));
  return { namespace, firstMs, contenders };
}

describe.skipIf(stores.length === 0).for(stores)('three processes on $kind', ({ url }) => {
  it('are granted each of 300 slots once, and end only what each of them holds', async () => {
    const { namespace, firstMs, contenders } = await startContenders(url);
    const claimed = await grants(contenders, 'claim');
    expect([...claimed.keys()].toSorted(ascending)).toEqual(NUMBERS);
    const ended = await grants(contenders, 'end');
    expect(ended).toEqual(new Map([...claimed].filter(([number]) => !isReleased(number))));
    const claimedAgain = await grants(contenders, 'claim');
    expect([...claimedAgain.keys()].toSorted(ascending)).toEqual(NUMBERS.filter(isReleased));

    const slots = slotsFrom(firstMs);
    const expected = NUMBERS.map((number) => {
      const pod = (isReleased(number) ? claimedAgain : claimed).get(number) ?? '';
      const end = isReleased(number) ? { state: 'running' } : { state: stateBy(pod), error: pod };
      return { ...slots[number], attempt: 1, pod, ...end };
    });
    const runs = await runsOf(url, namespace);
    expect(runs).toHaveLength(SLOTS);
    expect(runs).toEqual(expect.arrayContaining(expected.map((run) => expect.objectContaining(run))));
  });

  it('are granted slots twice if they select them and then claim them', async () => {
    const { contenders } = await startContenders(url);
    await expect(grants(contenders, 'selectThenClaim')).rejects.toThrow('went to two processes');
  });
});

/** Gives all contenders the same order at once, and resolves with the pod of each slot; rejects if one went to two. */
async function grants(contenders: readonly Contender[], order: Order): Promise<Map<number, string>> {
  const granted = await Promise.all(contenders.map((contender) => contender.obey(order)));
  const pods = new Map<number, string>();
  for (const [index, { pod }] of contenders.entries()) {
    for (const number of granted[index] ?? []) {
      expect(pods.get(number), `slot ${number} went to two processes`).toBeUndefined();
      pods.set(number, pod);
    }
  }
  return pods;
}

async function runsOf(url: string, namespace: string): Promise<RunRecord[]> {
  const connected = await connectStore(url);
  try {
    return await connected.store.runs(namespace, { limit: 2 * SLOTS });
  } finally {
    await connected.disconnect();
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
