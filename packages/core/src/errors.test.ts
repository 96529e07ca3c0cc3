import { describe, expect, it } from 'vitest';
import { ClusterLeaderError, invalidOption } from './errors.ts';

describe('ClusterLeaderError', () => {
  it('has a code to decide by, a message that ends with the address of its page, and the cause', () => {
    const cause = new Error('why');
    const message = 'It is closed. See docs/errors/ERR_CLOSED.md';
    const error = new ClusterLeaderError('ERR_CLOSED', 'It is closed.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'ClusterLeaderError', code: 'ERR_CLOSED', message, cause });
  });
});

describe('invalidOption', () => {
  it.each<[value: unknown, shown: string]>([
    ['', "''"],
    ['4', "'4'"],
    [4, '4'],
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    [[], '[]'],
  ])('names the option, the value as it is in code (%j) and the rule', (value, shown) => {
    expect(invalidOption('maxAgeMs', value, 'below 4')).toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: `maxAgeMs is ${shown}, but it must be below 4. See docs/errors/ERR_INVALID_OPTION.md`,
    });
  });
});
