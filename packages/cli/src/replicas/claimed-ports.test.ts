import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { claimPorts } from './claimed-ports.ts';

it('claims free ports, and never the same one twice', async () => {
  const claims = await Promise.all([claimPorts(3), claimPorts(3)]);
  onTestFinished(() => claims.forEach(({ release }) => release()));
  const ports = claims.flatMap((claim) => claim.ports);
  expect(new Set(ports).size).toBe(6);
  for (const port of ports) {
    const app = createServer().listen(port);
    await once(app, 'listening');
    app.close();
  }
});
