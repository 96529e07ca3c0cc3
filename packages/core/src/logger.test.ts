import { once } from 'node:events';
import { expect, it } from 'vitest';
import { defaultLogger } from './logger.ts';

it('is silent but for warnings, which go the way of those of Node.js', async () => {
  const warned = once(process, 'warning');
  defaultLogger.warn?.('The leader is not known');
  expect(await warned).toMatchObject([{ name: 'ClusterLeaderWarning', message: 'The leader is not known' }]);
  expect(Object.keys(defaultLogger)).toEqual(['warn']);
});
