/** Where the service writes: pino, winston, a Nest logger or `console` fit. Nothing is written per tick but at `debug`. */
export interface Logger {
  debug?(message: string): void;
  info?(message: string): void;
  warn?(message: string): void;
}

/** Makes of a logger one that never throws: it must not keep a term from ending. */
export function harmless(logger: Logger): Logger {
  const writer = (level: keyof Logger) => (message: string) => {
    try {
      logger[level]?.(message);
    } catch {
      // There is nowhere left to say so.
    }
  };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn') };
}

/** Silent but for warnings, which go the way of Node.js's own. */
export const defaultLogger: Logger = {
  warn: (message) => process.emitWarning(message, 'ClusterLeaderWarning'),
};
