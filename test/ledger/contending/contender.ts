import { randomUUID } from 'node:crypto';
import type { Slot } from '@cluster-leader/ledger';
import { connectStore } from './connect-store.ts';
import { BATCH, isReleased, LIMITS, slotsFrom, stateBy } from './slots.ts';

/** What a contender does with all slots. It answers with the numbers of those that it was granted. */
export type Order = 'claim' | 'end' | 'selectThenClaim';

const [url = '', namespace = '', pod = '', firstMs, seed] = process.argv.slice(2);
const slots = slotsFrom(Number(firstMs));
const order = orderBy(Number(seed));
const holder = { id: randomUUID(), namespace, pod };
const connected = await connectStore(url);
const { store } = connected;

const ORDERS: Readonly<Record<Order, () => Promise<number[]>>> = {
  claim: () => inBatches(claim),
  end: () => inBatches(end),
  /** A control: it believes what it read before its claim. */
  selectThenClaim: () => inBatches(selectThenClaim),
};

process.on('message', (what: Order) => void ORDERS[what]().then((granted) => process.send?.(granted)));
process.once('disconnect', () => void connected.disconnect());
await store.migrate();
process.send?.([]);

async function claim(batch: readonly Slot[]): Promise<boolean[]> {
  const claims = batch.map((slot) => ({ ...slot, madeUp: false }));
  const outcomes = await store.claim(holder, claims, LIMITS);
  return outcomes.map((outcome) => outcome === 'claimed');
}

/** Tries to end or to release every slot, whoever holds it. */
async function end(batch: readonly Slot[], numbers: readonly number[]): Promise<boolean[]> {
  const given = batch.filter((_, index) => isReleased(numbers[index] ?? 0));
  const kept = batch.filter((slot) => !given.includes(slot));
  await store.release(holder, given);
  const ends = kept.map((slot) => ({ ...slot, attempt: 1, state: stateBy(pod), error: pod }));
  const ended = await store.finish(holder, ends);
  return batch.map((slot) => ended[kept.indexOf(slot)] ?? false);
}

async function selectThenClaim(batch: readonly Slot[]): Promise<boolean[]> {
  const asked = batch.map(({ job, slot }) => ({ job, slots: [slot] }));
  const free = await store.unclaimed(namespace, asked);
  await claim(batch);
  return free.map(({ length }) => length === 1);
}

/** Sends all batches at once, so that those of all contenders meet in the store. */
async function inBatches(send: (batch: Slot[], numbers: readonly number[]) => Promise<boolean[]>): Promise<number[]> {
  const batches = Array.from({ length: order.length / BATCH }, (_, index) =>
    order.slice(index * BATCH, (index + 1) * BATCH),
  );
  const granted = batches.map(async (numbers) => {
    const batch = numbers.flatMap((number) => slots[number] ?? []);
    const answers = await send(batch, numbers);
    return numbers.filter((_, index) => answers[index]);
  });
  return (await Promise.all(granted)).flat();
}

/** Number 0 is in order and number 1 in the opposite one; the others are shuffled. */
function orderBy(contender: number): number[] {
  const numbers = [...slots.keys()];
  if (contender < 2) return contender === 0 ? numbers : numbers.toReversed();
  // Multiplying by a number that has no divisor in common with the length is a permutation.
  return numbers.map((number) => (number * 77 + contender) % numbers.length);
}
