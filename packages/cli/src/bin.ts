#!/usr/bin/env node
import { main } from './main.ts';

// Whoever read the output has gone: there is nobody left to work for.
process.stdout.on('error', () => process.exit(1));

async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void run();
