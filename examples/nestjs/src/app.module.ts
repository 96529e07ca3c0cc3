import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.ts';
import { Jobs } from './jobs.ts';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    ClusterLeaderModule.forRoot(), // the lease is $CLUSTER_LEADER_LEASE, or 10 s as the sidecar's default
    TerminusModule,
  ],
  controllers: [HealthController],
  providers: [Jobs],
})
export class AppModule {}
