import { SetMetadata } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { expect, it, vi } from 'vitest';
import { ClusterLeaderModule } from '../index.ts';

vi.mock('@nestjs/schedule', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  Interval: () => SetMetadata('a key of a future version', true),
}));

it('refuses to gate all if the decorators of schedule have no metadata key in common', async () => {
  const leader = ClusterLeaderModule.forRoot({ mode: 'never', gate: 'all' });
  const module = await Test.createTestingModule({ imports: [ScheduleModule.forRoot(), leader] }).compile();
  await expect(module.init()).rejects.toThrow('this version of @nestjs/schedule is not supported');
});
