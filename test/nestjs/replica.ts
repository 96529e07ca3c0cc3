// A replica: one job a second, on the leader alone. It prints the tick for which it has run.
import { ClusterLeaderModule, LeaderCron } from '@cluster-leader/nestjs';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';

/** A timer may fire this much before the second that it was set for. */
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
