import { expect, test } from 'vitest';
import { LoopbackServer } from './loopback-server.ts';

test('keeps its port while it is closed, below the range from which the system gives ports to clients', async () => {
  const server = new LoopbackServer((_, response) => response.end());
  await server.open();
  const { port } = server;
  expect(port).toBeGreaterThanOrEqual(10_000);
  expect(port).toBeLessThan(32_768);
  await server.close();
  await server.open();
  expect(server.port).toBe(port);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  await server.close();
});
