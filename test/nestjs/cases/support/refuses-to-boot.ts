import assert from 'node:assert/strict';
import { quietly } from './app-log.ts';
import { boot, type Wiring } from './boot.ts';
import { Recorder } from './recorder.ts';

/** Rejects unless booting the app fails with this error. */
export async function refusesToBoot(wiring: Wiring, message: RegExp, code = 'ERR_MISWIRED'): Promise<void> {
  await quietly(async () => {
    await assert.rejects(boot(new Recorder(), 'never', wiring), { code, message });
  });
}
