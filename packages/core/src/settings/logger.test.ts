import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { runChild } from '../fixtures/child.ts';
import { defaultLogger, harmless } from './logger.ts';

it('is silent except for warnings, which it emits as Node.js warnings', async () => {
  const warned = once(process, 'warning');
  defaultLogger.warn?.('The leader is not known');
  expect(await warned).toMatchObject([{ name: 'ClusterLeaderWarning', message: 'The leader is not known' }]);
  expect(Object.keys(defaultLogger)).toEqual(['warn']);
});

it('survives a logger that throws and one that rejects', async () => {
  const unhandled = vi.fn<(reason: unknown) => void>();
  process.on('unhandledRejection', unhandled);
  const logger = harmless({
    info() {
      throw new Error('full');
    },
    warn: () => Promise.reject(new Error('full')),
  });
  expect(() => logger.info('elected')).not.toThrow();
  expect(() => logger.warn('unreachable')).not.toThrow();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

it('writes everything to stderr with NODE_DEBUG=cluster-leader', async () => {
  const program = `
    import { ClusterLeaderService } from '@cluster-leader/core';
    const leader = new ClusterLeaderService({ mode: 'always', logger: {} });
    await leader.start();
    await leader.close();
  `;
  const { stderr } = await runChild(program, { env: { NODE_DEBUG: 'cluster-leader' } });
  expect(stderr).toContain('This pod was elected: term 1 begins.');
  expect((await runChild(program)).stderr).toBe('');
});

it("writes info to log if there is no info, as in Nest's logger", () => {
  const log = vi.fn<(message: string) => void>();
  harmless({ log }).info('elected');
  expect(log).toHaveBeenCalledExactlyOnceWith('elected');
});

it('writes info to info alone if there are both, as in console', () => {
  const [info, log] = [vi.fn<(message: string) => void>(), vi.fn<(message: string) => void>()];
  harmless({ info, log }).info('elected');
  expect(info).toHaveBeenCalledExactlyOnceWith('elected');
  expect(log).not.toHaveBeenCalled();
});
