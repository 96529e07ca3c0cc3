#!/usr/bin/env node
import { main } from './main.ts';

// Whoever read the output has gone, as when a terminal is closed: a command that goes on ends in its own order, and one
// that gives an answer gives it by its exit code still.
process.stdout.once('error', () => {
  process.stdout.on('error', () => {});
  if (process.listenerCount('SIGHUP') > 0) process.kill(process.pid, 'SIGHUP');
});

async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void run();
