import { Logger, type LoggerService } from '@nestjs/common';

/**
 * Makes a logger that collects errors and warnings. The last app that is given a logger makes it that of the process.
 */
export function collect(log: string[]): LoggerService {
  const note = (message: unknown): void => void log.push(message instanceof Error ? message.message : String(message));
  return { log() {}, error: note, warn: note };
}

/** Runs `work` without Nest's log, to keep expected failures off the console. */
export async function quietly(work: () => Promise<void>): Promise<void> {
  Logger.overrideLogger(false);
  try {
    await work();
  } finally {
    Logger.overrideLogger(['error', 'warn']);
  }
}
