import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Returns the exports of an installed package, or undefined if it is not installed or does not export `member`.
 *
 * Looks in the working folder first: `npx` installs this command apart from the app, whose driver it uses.
 */
export function findDriver<Exports>(name: string, member: keyof Exports): Exports | undefined {
  const path = pathOf(name);
  if (path === undefined) return undefined;
  const exports: Exports & object = require(path);
  return member in exports ? exports : undefined;
}

/** Makes the error for a store of which none of these drivers is installed: it says what to install. */
export function missingDriver(...names: readonly [string, ...string[]]): Error {
  return new Error(
    `the driver of the store is missing: run "npm install ${names[0]}" in this folder, or start the command in the folder ` +
      `of an app that has ${names.join(' or ')}`,
  );
}

function pathOf(name: string): string | undefined {
  try {
    return require.resolve(name, { paths: [process.cwd(), import.meta.dirname] });
  } catch {
    return undefined;
  }
}
