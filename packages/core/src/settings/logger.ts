import { debuglog } from 'node:util';
import { inModuleContext } from '../runtime/module-context.ts';

/** Receives messages: pino, winston, Nest's logger and `console` fit. Only `debug` is written to at each tick. */
export interface Logger {
  debug?(message: string): unknown;
  info?(message: string): unknown;
  /** Used in place of `info` by loggers that have none, such as Nest's. */
  log?(message: string): unknown;
  warn?(message: string): unknown;
}

/** A logger that neither throws nor rejects. */
export type HarmlessLogger = Required<Omit<Logger, 'log'>>;

/** With `NODE_DEBUG=cluster-leader` every message goes to stderr as well, whatever the logger does. */
const writeDebug = debuglog('cluster-leader');

/** Wraps a logger so that it neither throws nor rejects: a failing logger must not keep a term from ending. */
export function harmless(logger: Logger): HarmlessLogger {
  const writer = (level: keyof Logger) => async (message: string) => {
    writeDebug(message);
    try {
      await inModuleContext(() => logger[level]?.(message));
    } catch {
      // There is nowhere left to report it.
    }
  };
  return {
    debug: writer('debug'),
    info: writer(logger.info === undefined ? 'log' : 'info'),
    warn: writer('warn'),
  };
}

/** Reports warnings only. */
export const defaultLogger: Logger = { warn: emitWarning };

/** Emits a warning of Node.js with the name `ClusterLeaderWarning`. */
export function emitWarning(message: string): void {
  process.emitWarning(message, 'ClusterLeaderWarning');
}
