import { LeaderCron, ClusterLeaderModule } from '@cluster-leader/nestjs';
import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { gating } from './nestjs/cases/gating.ts';
import { http } from './nestjs/cases/http.ts';
import { life } from './nestjs/cases/life.ts';
import { mocks } from './nestjs/cases/mocks.ts';
import { shutdown } from './nestjs/cases/shutdown.ts';
import { wiring } from './nestjs/cases/wiring.ts';

// The same cases run in apps of both majors that have installed the packed packages: see nestjs/check.ts.
describe('@cluster-leader/nestjs', () => {
  for (const { title, run } of [...wiring, ...life, ...mocks, ...shutdown, ...http]) it(title, () => run());
  for (const { title, run } of gating) it.concurrent(title, () => run());

  it('refuses to boot if another copy of the package gates a method, and tells how to find both', async () => {
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
