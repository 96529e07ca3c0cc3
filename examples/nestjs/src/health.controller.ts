import { ClusterLeaderHealthIndicator } from '@cluster-leader/nestjs';
import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly leader: ClusterLeaderHealthIndicator,
  ) {}

  /** A follower is as healthy as the leader. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.leader.check()]);
  }
}
