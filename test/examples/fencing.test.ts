import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../examples/fencing/demo.ts');

it('the database refuses the late write of a leader that was paused; without a token it overwrites', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@cluster-leader/source',
    PROGRAM,
    '--json',
  ]);
  expect(JSON.parse(stdout)).toEqual([
    { control: false, author: 'pod-2', lateWrite: 'refused' },
    { control: true, author: 'pod-1', lateWrite: 'stored' },
  ]);
}, 60_000);
