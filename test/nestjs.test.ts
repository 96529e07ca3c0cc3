import { LeaderCron, ClusterLeaderModule } from '@cluster-leader/nestjs';
import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { concurrent, sequential } from './nestjs/cases/index.ts';

// The same cases run in apps of both majors that have installed the packed packages: see nestjs/check.ts.
describe('@cluster-leader/nestjs', () => {
  for (const { title, run } of sequential) it(title, () => run());
  for (const { title, run } of concurrent) it.concurrent(title, () => run());

  it('refuses to boot if another copy of the package gates a method, and says how to find both', async () => {
    vi.resetModules();
    const copy = await import('@cluster-leader/nestjs');
    expect(copy.LeaderCron).not.toBe(LeaderCron);
    class Jobs {
      @copy.LeaderCron('0 0 1 1 *')
      job(): void {}
    }
    const imports = [ClusterLeaderModule.forRoot({ mode: 'never' })];
    const module = await Test.createTestingModule({ imports, providers: [Jobs] }).compile();
    await expect(module.init()).rejects.toMatchObject({
      code: 'ERR_MISWIRED',
      message: expect.stringMatching(/^Jobs\.job is gated by another copy .* `npm ls @cluster-leader\/nestjs`/),
    });
    await module.close();
  });
});
