import { ClusterLeaderModule } from '@cluster-leader/nestjs';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.ts';
import { Jobs } from './jobs.ts';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    ClusterLeaderModule.forRoot(), // the lease duration is $CLUSTER_LEADER_LEASE, by default 10 s
    TerminusModule,
  ],
  controllers: [HealthController],
  providers: [Jobs],
})
export class AppModule {}
