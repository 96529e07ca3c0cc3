import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { ClusterLeaderService, type Standing } from '@cluster-leader/core';
import { ClusterLeaderHealthIndicator, ClusterLeaderModule } from '@cluster-leader/nestjs';
import { startElection } from '@cluster-leader/testing';
import { Controller, Get, Inject, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { quietly } from '../support/app-log.ts';
import type { Case } from '../support/case.ts';

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(ClusterLeaderHealthIndicator) private readonly leader: ClusterLeaderHealthIndicator,
  ) {}

  @Get('health')
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.leader.check()]);
  }

  @Get('known')
  checkKnown(): Promise<HealthCheckResult> {
    return this.health.check([() => this.leader.check('leader', { requireKnown: true })]);
  }
}

interface Health {
  readonly code: number;
  readonly status: string;
  readonly details: Record<string, Record<string, unknown>>;
}

async function serve(url: string, identity: string): Promise<INestApplication> {
  const leader = ClusterLeaderModule.forRoot({ url, identity, eventsUrl: false, settleMs: 0, logger: {} });
  @Module({ imports: [leader, TerminusModule.forRoot({ logger: false })], controllers: [HealthController] })
  class Root {}
  const app = await NestFactory.create(Root, { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

async function get(app: INestApplication, path: string): Promise<Health> {
  const { port }: AddressInfo = app.getHttpServer().address();
  const response = await fetch(`http://127.0.0.1:${port}/${path}`);
  const body: unknown = await response.json();
  assert.ok(typeof body === 'object' && body !== null && 'status' in body && 'details' in body);
  return { code: response.status, status: String(body.status), details: Object(body.details) };
}

/** Resolves once the leader has this standing: on a loaded machine the first check may time out. */
async function reaches(leader: ClusterLeaderService, standing: Standing): Promise<void> {
  if ((await leader.start()) === standing) return;
  await new Promise<void>((resolve) => {
    leader.on('standing', (event) => event.standing === standing && resolve());
  });
}

async function servesHealth(): Promise<void> {
  await quietly(async () => {
    const election = await startElection({ candidates: 2 });
    const [first, second] = election.candidates;
    assert.ok(first && second);
    const leading = await serve(first.url, first.name);
    const following = await serve(second.url, second.name);
    const withoutSidecar = await serve('http://127.0.0.1:9/', 'alone');
    try {
      for (const [app, standing] of [
        [leading, 'leader'],
        [following, 'follower'],
      ] as const) {
        await reaches(app.get(ClusterLeaderService), standing);
        const { code, status, details } = await get(app, 'known');
        assert.deepEqual([code, status, details['leader']?.['standing']], [200, 'ok', standing]);
        assert.equal(details['leader']?.['leader'], first.name);
        assert.ok(Number(details['leader']?.['ageMs']) < 4_000);
      }
      await withoutSidecar.get(ClusterLeaderService).start();
      const { code, status, details } = await get(withoutSidecar, 'health');
      assert.deepEqual([code, status], [200, 'ok']);
      assert.deepEqual(details, { clusterLeader: { status: 'up', standing: 'unknown', reason: 'unreachable' } });
      const known = await get(withoutSidecar, 'known');
      assert.deepEqual([known.code, known.status], [503, 'error']);
      assert.deepEqual(known.details, { leader: { status: 'down', standing: 'unknown', reason: 'unreachable' } });
    } finally {
      for (const app of [leading, following, withoutSidecar]) await app.close();
      await election.close();
    }
  });
}

export const terminus: readonly Case[] = [
  {
    title:
      'serves health with Terminus: a follower is up, and an unknown standing is 503 only if a known one is required',
    run: servesHealth,
  },
];
