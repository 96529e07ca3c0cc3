import { memoryStore } from '@cluster-leader/ledger';
import { describe, expect, it } from 'vitest';
import { misbehavingStore, type MisbehavingStore } from './misbehaving-store.ts';
import { claimOf, LIMITS, newHolder } from './mounted-store.ts';

const holder = newHolder('test', 'pod');

const claim = (store: MisbehavingStore): Promise<unknown> => store.claim(holder, [claimOf('job', new Date())], LIMITS);
const written = async (store: MisbehavingStore): Promise<number> => {
  store.misbehave({});
  return (await store.runs('test', { limit: 10 })).length;
};

describe('misbehavingStore', () => {
  it('rejects without effect while it is down', async () => {
    const store = misbehavingStore(memoryStore());
    store.misbehave({ isDown: true });
    await expect(claim(store)).rejects.toThrow('down');
    expect(await written(store)).toBe(0);
  });

  it('takes effect though the reply is lost', async () => {
    const store = misbehavingStore(memoryStore());
    store.misbehave({ losesReplies: true });
    await expect(claim(store)).rejects.toThrow('lost');
    expect(await written(store)).toBe(1);
  });

  it('spares the other verbs', async () => {
    const store = misbehavingStore(memoryStore());
    store.misbehave({ isDown: true, verbs: ['finish'] });
    await expect(claim(store)).resolves.toEqual(['claimed']);
    await expect(store.finish(holder, [])).rejects.toThrow('down');
  });
});
