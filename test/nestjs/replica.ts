// A replica with one job per second, which runs on the leader only and prints the second for which it ran.
import { ClusterLeaderModule, LeaderCron } from '@cluster-leader/nestjs';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';

/** The most by which a timer may fire before the second for which it was set. */
const EARLY_MS = 50;

class Jobs {
  constructor(@Inject(SchedulerRegistry) private readonly registry: SchedulerRegistry) {}

  @LeaderCron('* * * * * *', { name: 'tick' })
  tick(): void {
    const firedAtMs = this.registry.getCronJob('tick').lastDate()?.getTime() ?? 0;
    console.log(`ran ${Math.floor((firedAtMs + EARLY_MS) / 1_000)}`);
  }
}

@Module({
  imports: [ScheduleModule.forRoot(), ClusterLeaderModule.forRoot()],
  providers: [Jobs],
})
class AppModule {}

void NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] }).then((app) =>
  app.enableShutdownHooks(),
);
