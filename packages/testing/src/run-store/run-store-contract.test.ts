import { memoryStore } from '@cluster-leader/ledger';
import { describe, it } from 'vitest';
import { runStoreContract } from './run-store-contract.ts';

describe('memoryStore', () => {
  const store = memoryStore();
  for (const { title, run } of runStoreContract(() => store)) it(title, run);
});
