// All benchmarks, one after another: `pnpm bench`, with `--json` for one line of JSON each.
await import('./check.ts');
await import('./push.ts');
await import('./lock.ts');
await import('./ledger.ts');
await import('./agenda.ts');
process.exit(); // Agenda's timers would keep the process alive for minutes
