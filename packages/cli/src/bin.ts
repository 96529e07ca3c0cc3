#!/usr/bin/env node
import { main } from './main.ts';

// Whoever read the output has gone, as when a terminal is closed: each command ends in its own order.
process.stdout.once('error', () => {
  process.stdout.on('error', () => {});
  process.kill(process.pid, 'SIGHUP');
});

async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void run();
