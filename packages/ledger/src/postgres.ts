export type { RunStore } from './store/run-store.ts';
