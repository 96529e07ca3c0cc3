import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getCallSites } from 'node:util';

/**
 * Resolves the file of a background task as node-cron does: relative to the file that schedules it.
 *
 * node-cron would take the module at `wrapperUrl`, as the first caller that is not itself.
 */
export function resolveTaskFile(file: string, wrapperUrl: string): string {
  if (file.startsWith('file://')) return file;
  if (isAbsolute(file)) return pathToFileURL(file).href;
  const callers = getCallSites().map(({ scriptName }) =>
    isAbsolute(scriptName) ? pathToFileURL(scriptName).href : scriptName,
  );
  const caller = callers.find((url) => url.startsWith('file://') && url !== wrapperUrl && url !== import.meta.url);
  if (caller === undefined)
    throw new TypeError(
      `The task file ${file} is relative to the file that schedules it, and none was found: make it absolute.`,
    );
  return pathToFileURL(resolve(dirname(fileURLToPath(caller)), file)).href;
}
