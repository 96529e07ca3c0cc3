#!/usr/bin/env node
import { main } from './main.ts';

// The reader of the output is gone, for instance because the terminal was closed: a command that goes on shuts down in
// order, and one that answers still does so by its exit code.
process.stdout.once('error', () => {
  process.stdout.on('error', () => {});
  if (process.listenerCount('SIGHUP') > 0) process.kill(process.pid, 'SIGHUP');
});

async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void run();
