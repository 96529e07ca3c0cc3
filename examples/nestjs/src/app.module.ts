import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.ts';
import { Jobs } from './jobs.ts';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    ClusterLeaderModule.forRoot({
      // What the sidecar runs with: ten seconds, unless it was started with another --ttl.
      leaseDurationMs: Number(process.env['LEASE_DURATION_MS'] ?? 10_000),
    }),
    TerminusModule,
  ],
  controllers: [HealthController],
  providers: [Jobs],
})
export class AppModule {}
