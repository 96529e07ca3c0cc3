import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getCallSites } from 'node:util';

/**
 * Resolves the file of a background task as node-cron does: relative to the file that schedules it.
 *
 * node-cron looks for the first caller that is not itself, which would be the module at `wrapperUrl`.
 */
export function resolveTaskFile(file: string, wrapperUrl: string): string {
  if (file.startsWith('file://')) return file;
  if (isAbsolute(file)) return pathToFileURL(file).href;
  const callers = getCallSites().map(({ scriptName }) =>
    isAbsolute(scriptName) ? pathToFileURL(scriptName).href : scriptName,
  );
  const caller = callers.find((url) => url.startsWith('file://') && url !== wrapperUrl && url !== import.meta.url);
  if (caller === undefined)
    throw new TypeError(`The task file ${file} is relative, but to what is unknown: make it absolute.`);
  return pathToFileURL(resolve(dirname(fileURLToPath(caller)), file)).href;
}
