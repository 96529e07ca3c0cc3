import { describe, expect, it } from 'vitest';
import { isLoopback, resolveEventsUrl, resolveUrl, type Environment } from './endpoint.ts';

describe('resolveUrl', () => {
  it.each<[why: string, option: unknown, env: Environment, href: string]>([
    ['port 4040 of this pod by default', undefined, {}, 'http://127.0.0.1:4040/'],
    ['the option', 'http://localhost:8080/leader?a=1', {}, 'http://localhost:8080/leader?a=1'],
    ['the option, as a URL', new URL('http://[::1]:4040'), {}, 'http://[::1]:4040/'],
    [
      'the option before the environment',
      'http://localhost:1',
      { ELECTOR_GET_URL: 'http://x:2' },
      'http://localhost:1/',
    ],
    ['$ELECTOR_GET_URL', undefined, { ELECTOR_GET_URL: 'http://localhost:4040/' }, 'http://localhost:4040/'],
    [
      '$ELECTOR_GET_URL before $ELECTOR_PATH',
      undefined,
      { ELECTOR_GET_URL: 'http://localhost:1/', ELECTOR_PATH: 'localhost:2' },
      'http://localhost:1/',
    ],
    ['$ELECTOR_PATH, which has no scheme', undefined, { ELECTOR_PATH: 'localhost:4040' }, 'http://localhost:4040/'],
    ['$ELECTOR_PATH with a path', undefined, { ELECTOR_PATH: 'localhost:4040/api' }, 'http://localhost:4040/api'],
    ['$ELECTOR_PATH without a port', undefined, { ELECTOR_PATH: 'elector' }, 'http://elector/'],
    ['$ELECTOR_PATH with a scheme', undefined, { ELECTOR_PATH: 'https://localhost:1' }, 'https://localhost:1/'],
    ['$ELECTOR_PATH where the other is empty', undefined, { ELECTOR_GET_URL: '', ELECTOR_PATH: 'a:1' }, 'http://a:1/'],
    [
      'the default where both are empty',
      undefined,
      { ELECTOR_GET_URL: '', ELECTOR_PATH: '' },
      'http://127.0.0.1:4040/',
    ],
  ])('finds the sidecar from %s', (_why, option, env, href) => {
    expect(resolveUrl(option, env).href).toBe(href);
  });

  it.each<[option: unknown, env: Environment, name: string]>([
    ['', {}, "url is ''"],
    ['localhost:4040', {}, "url is 'localhost:4040'"],
    ['not a url', {}, "url is 'not a url'"],
    ['ftp://localhost', {}, "url is 'ftp://localhost'"],
    ['file:///etc/passwd', {}, "url is 'file:///etc/passwd'"],
    [new URL('ws://localhost'), {}, 'url is URL'],
    ['http://user:secret@localhost', {}, 'url is'],
    [4040, {}, 'url is 4040'],
    [null, {}, 'url is null'],
    [{}, {}, 'url is {}'],
    [undefined, { ELECTOR_GET_URL: 'localhost:4040' }, "$ELECTOR_GET_URL is 'localhost:4040'"],
    [undefined, { ELECTOR_GET_URL: '/leader' }, "$ELECTOR_GET_URL is '/leader'"],
    [undefined, { ELECTOR_PATH: 'localhost:port' }, "$ELECTOR_PATH is 'localhost:port'"],
    [undefined, { ELECTOR_PATH: 'ftp://localhost' }, "$ELECTOR_PATH is 'ftp://localhost'"],
    [undefined, { ELECTOR_PATH: '/api/leader' }, "$ELECTOR_PATH is '/api/leader'"],
  ])('refuses a value that is not the address of a sidecar: %s %j', (option, env, name) => {
    expect(() => resolveUrl(option, env)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    expect(() => resolveUrl(option, env)).toThrow(name);
  });
});

describe('resolveEventsUrl', () => {
  it.each<[why: string, option: unknown, env: Environment, href: string | undefined]>([
    ['off by default', undefined, {}, undefined],
    ['off where the variable is empty', undefined, { ELECTOR_SSE_URL: '' }, undefined],
    ['found by the option', 'http://localhost:4040/sse', {}, 'http://localhost:4040/sse'],
    ['found by the variable', undefined, { ELECTOR_SSE_URL: 'http://localhost:4040/sse' }, 'http://localhost:4040/sse'],
    ['found by the option before the variable', 'http://a/', { ELECTOR_SSE_URL: 'http://b/' }, 'http://a/'],
    ['turned off by false, whatever the variable', false, { ELECTOR_SSE_URL: 'http://b/' }, undefined],
  ])('is %s', (_why, option, env, href) => {
    expect(resolveEventsUrl(option, env)?.href).toBe(href);
  });

  it.each<[option: unknown, env: Environment, name: string]>([
    [true, {}, 'eventsUrl is true'],
    ['', {}, "eventsUrl is ''"],
    [null, {}, 'eventsUrl is null'],
    [undefined, { ELECTOR_SSE_URL: 'localhost:4040/sse' }, '$ELECTOR_SSE_URL is'],
  ])('refuses %s %j', (option, env, name) => {
    expect(() => resolveEventsUrl(option, env)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    expect(() => resolveEventsUrl(option, env)).toThrow(name);
  });
});

describe('isLoopback', () => {
  it.each([
    ['http://localhost:4040/', true],
    ['http://127.0.0.1:4040/', true],
    ['http://127.9.9.9/', true],
    ['http://[::1]:4040/', true],
    ['https://LOCALHOST/', true],
    ['http://elector:4040/', false],
    ['http://10.0.0.1/', false],
    ['http://localhost.example.com/', false],
    ['http://127.0.0.1.example.com/', false],
    ['http://0.0.0.0/', false],
    ['http://[::]/', false],
  ])('knows of %s', (url, expected) => {
    expect(isLoopback(new URL(url))).toBe(expected);
  });
});
