import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.ts';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['log', 'warn', 'error'] });
  app.enableShutdownHooks(); // at SIGTERM, running jobs are awaited
  await app.listen(process.env['PORT'] ?? 3_000);
}

void bootstrap();
