export { memoryStore } from '../../../../packages/nestjs/src/fixtures/memory-store.ts';
