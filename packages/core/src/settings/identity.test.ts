import { describe, expect, it } from 'vitest';
import type { Environment } from './endpoint.ts';
import { resolveIdentity } from './identity.ts';

/** 70 characters, of which the 63rd is a letter. */
const LONG = `${'monolith-jobs-'.repeat(4)}7c9f8d6b5-xk2pq`;
/** Its 62nd and 63rd characters are dashes. */
const DASHED = `${'m'.repeat(61)}--7c9f8`;
const DOTTED = `${'m'.repeat(62)}.7c9f8`;

describe('resolveIdentity', () => {
  it.each<[why: string, option: unknown, env: Environment, hostname: string, names: string[]]>([
    ['the hostname', undefined, {}, 'pod-a', ['pod-a']],
    ['$POD_NAME before the hostname', undefined, { POD_NAME: 'pod-a' }, 'pod-a', ['pod-a']],
    ['$MY_POD_NAME before $POD_NAME', undefined, { MY_POD_NAME: 'pod-a', POD_NAME: 'pod-b' }, 'pod-a', ['pod-a']],
    ['$POD_NAME where $MY_POD_NAME is empty', undefined, { MY_POD_NAME: '', POD_NAME: 'pod-a' }, 'pod-a', ['pod-a']],
    ['the hostname where both are empty', undefined, { MY_POD_NAME: '', POD_NAME: '' }, 'pod-a', ['pod-a']],
    ['the hostname, never $HOSTNAME', undefined, { HOSTNAME: '0.0.0.0' }, 'pod-a', ['pod-a']],
    ['the option', 'me', { POD_NAME: 'pod-a' }, 'pod-b', ['me']],
    ['every name of the option', ['me', 'me.jobs'], { POD_NAME: 'pod-a' }, 'pod-b', ['me', 'me.jobs']],
    ['a name and the hostname with a domain', undefined, { POD_NAME: 'pod-a' }, 'pod-a.jobs', ['pod-a', 'pod-a.jobs']],
  ])('uses %s', (_why, option, env, hostname, names) => {
    expect(resolveIdentity(option, env, hostname)).toEqual({ names });
  });

  it.each<[why: string, podName: string, hostname: string]>([
    ['is the machine, as with hostNetwork', 'pod-a', 'machine-1'],
    ['only begins like the pod', 'pod-a', 'pod-a2'],
    ['goes on with a dash', 'pod-a', 'pod-a-jobs'],
    ['is a beginning of a name that need not be cut', 'pod-a', 'pod'],
    ['is the truncated name, which may be that of two pods', LONG, LONG.slice(0, 63)],
    ['is the truncated name without its last dashes', DASHED, 'm'.repeat(61)],
    ['is the truncated name without its last dot', DOTTED, 'm'.repeat(62)],
    ['is a shorter beginning than the cut', LONG, LONG.slice(0, 62)],
    ['is a longer beginning than the cut', LONG, LONG.slice(0, 64)],
    ['is the beginning of a name of exactly 63 characters', 'm'.repeat(63), 'm'.repeat(62)],
    ['differs in case', 'pod-a', 'POD-A'],
  ])('warns and uses the pod name only if the hostname %s', (_why, podName, hostname) => {
    const { names, warning } = resolveIdentity(undefined, { MY_POD_NAME: podName }, hostname);
    expect(names).toEqual([podName]);
    expect(warning).toContain(hostname);
    expect(warning).toContain('--id=$(MY_POD_NAME)');
    expect(warning).toContain('option identity');
  });

  it('warns of a hostname that may be truncated if there is no pod name', () => {
    const hostname = 'm'.repeat(62);
    const { names, warning } = resolveIdentity(undefined, {}, hostname);
    expect(names).toEqual([hostname]);
    expect(warning).toContain('may be a truncated pod name');
  });

  it.each<[option: unknown, env: Environment, hostname: string, named: string]>([
    ['localhost', {}, 'pod-a', "identity is 'localhost'"],
    [undefined, {}, 'localhost', "the hostname is 'localhost'"],
    [undefined, {}, 'LOCALHOST.localdomain', "the hostname is 'LOCALHOST.localdomain'"],
    ['', {}, 'pod-a', "identity is ''"],
    [' ', {}, 'pod-a', "identity is ' '"],
    ['pod a', {}, 'pod-a', "identity is 'pod a'"],
    ['pod-a\n', {}, 'pod-a', "identity is 'pod-a\\n'"],
    ['$(hostname)', {}, 'pod-a', "identity is '$(hostname)'"],
    ['$HOSTNAME', {}, 'pod-a', "identity is '$HOSTNAME'"],
    [[], {}, 'pod-a', 'identity is []'],
    [['pod-a', ''], {}, 'pod-a', "identity is ''"],
    [['pod-a', undefined], {}, 'pod-a', 'identity is undefined'],
    [null, {}, 'pod-a', 'identity is null'],
    [7, {}, 'pod-a', 'identity is 7'],
    [undefined, { MY_POD_NAME: '$(POD)' }, 'pod-a', "$MY_POD_NAME is '$(POD)'"],
    [undefined, { MY_POD_NAME: ' ' }, 'pod-a', "$MY_POD_NAME is ' '"],
    [undefined, { POD_NAME: 'pod a' }, 'pod-a', "$POD_NAME is 'pod a'"],
    [undefined, {}, '', "the hostname is ''"],
  ])('refuses a name that every pod could share: %j %j %j', (option, env, hostname, named) => {
    expect(() => resolveIdentity(option, env, hostname)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    );
    expect(() => resolveIdentity(option, env, hostname)).toThrow(named);
  });
});
