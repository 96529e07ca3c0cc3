#!/usr/bin/env node
import { main } from './main.ts';

// When the reader of the output is gone, for instance because the terminal was closed, a command that keeps running shuts
// down as on SIGHUP; one that only prints a result still exits with its code.
process.stdout.once('error', () => {
  process.stdout.on('error', () => {});
  if (process.listenerCount('SIGHUP') > 0) process.kill(process.pid, 'SIGHUP');
});

async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void run();
