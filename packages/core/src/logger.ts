/** Where the service writes: pino, winston, a Nest logger or `console` fit. Nothing is written per tick but at `debug`. */
export interface Logger {
  debug?(message: string): void;
  info?(message: string): void;
  warn?(message: string): void;
}

/** Silent but for warnings, which go the way of Node.js's own. */
export const defaultLogger: Logger = {
  warn: (message) => process.emitWarning(message, 'ClusterLeaderWarning'),
};
