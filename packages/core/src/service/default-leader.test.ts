import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChild } from '../fixtures/child.ts';
import { json, SidecarServer } from '../fixtures/sidecar-server.ts';

const sidecar = new SidecarServer((response, request) => {
  if (request.url === '/missing') response.writeHead(404).end();
  else json({ name: 'pod-a' })(response, request);
});
beforeAll(() => sidecar.listen());
afterAll(() => sidecar.stop());

const IMPORT = `import { isLeader } from '@cluster-leader/core';\n`;

describe.concurrent('isLeader, imported and called', { timeout: 20_000 }, () => {
  it.each([
    ['pod-a', 'true'],
    ['pod-b', 'false'],
  ])('needs only the environment of the pod, and does not keep the process alive: %s', async (podName, told) => {
    const env = { ELECTOR_GET_URL: sidecar.url, MY_POD_NAME: podName };
    // On a starved machine the first answer may come so late that the claim has to settle first.
    const source = `${IMPORT}
      while (process.env.MY_POD_NAME === 'pod-a' && !(await isLeader({ maxAgeMs: 100 })));
      console.log(await isLeader(), await isLeader({ maxAgeMs: 1_000 }));`;
    const { code, stdout } = await runChild(source, { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${told} ${told}\n` });
  });

  it('is a method of the one service that defaultLeader() returns', async () => {
    const source = `import { defaultLeader, isLeader } from '@cluster-leader/core';
      const leader = defaultLeader();
      await isLeader();
      console.log(leader === defaultLeader(), leader.status().ageMs >= 0);`;
    const env = { ELECTOR_GET_URL: sidecar.url, MY_POD_NAME: 'pod-a' };
    expect(await runChild(source, { env })).toMatchObject({ code: 0, stdout: 'true true\n' });
  });

  it('sends no request when it is imported', async () => {
    const source = `${IMPORT} console.log(typeof isLeader);`;
    const { code, stdout } = await runChild(source, { env: { ELECTOR_GET_URL: 'nonsense' } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'function\n' });
  });

  it('rejects if a variable is wrong, and names it', async () => {
    const source = `${IMPORT}
      for (let i = 0; i < 2; i += 1) await isLeader().catch(({ code, message }) => console.log(code, message));`;
    const { code, stdout } = await runChild(source, { env: { ELECTOR_GET_URL: 'localhost:4040' } });
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain("ERR_INVALID_OPTION $ELECTOR_GET_URL is 'localhost:4040'");
  });

  it('is false if something else answers, and warns once', async () => {
    const env = { ELECTOR_GET_URL: `${sidecar.url}missing`, MY_POD_NAME: 'pod-a' };
    const { code, stdout, stderr } = await runChild(`${IMPORT} console.log(await isLeader());`, { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'false\n' });
    expect(stderr.match(/ClusterLeaderWarning: The sidecar gives no answer/g)).toHaveLength(1);
    expect(stderr).toContain(`${sidecar.url}missing answered with status 404`);
  });
});
