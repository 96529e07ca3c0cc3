import { Logger, type LoggerService } from '@nestjs/common';

/** A logger that collects the errors and warnings of Nest and its modules; an app given it makes it the process's. */
export function collect(log: string[]): LoggerService {
  const note = (message: unknown): void => void log.push(message instanceof Error ? message.message : String(message));
  return { log() {}, error: note, warn: note };
}

/** Keeps what is expected to fail off the console. */
export async function quietly(work: () => Promise<void>): Promise<void> {
  Logger.overrideLogger(false);
  try {
    await work();
  } finally {
    Logger.overrideLogger(['error', 'warn']);
  }
}
