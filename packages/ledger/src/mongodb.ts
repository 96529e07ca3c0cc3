export type { MongoDatabase } from './mongodb/call.ts';
export { mongoStore } from './mongodb/mongo-store.ts';
export type { RunStore } from './store/run-store.ts';
