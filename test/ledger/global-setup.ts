import type { TestProject } from 'vitest/node';
import { startDatabases, type Kind } from '../agenda/databases.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stores: readonly { readonly kind: Kind; readonly url: string }[];
  }
}

/** Starts one database of each kind, shared by all test files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databases = await startDatabases();
  project.provide(
    'stores',
    databases.map(({ kind, url }) => ({ kind, url })),
  );
  return async () => void (await Promise.all(databases.map((database) => database.stop())));
}
