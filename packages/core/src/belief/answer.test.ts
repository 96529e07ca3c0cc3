import { describe, expect, it, vi } from 'vitest';
import { readAnswer, parseAnswer, type Answer, type ParseAnswer } from './answer.ts';

describe('readAnswer', () => {
  it.each<[sidecar: string, body: string, answer: Answer]>([
    ['leader-elector 0.4 and 0.5', '{"name":"pod-a"}', { leader: 'pod-a' }],
    ['nais', '{"name":"pod-a","last_update":"2026-01-01T00:00:00Z"}', { leader: 'pod-a' }],
    [
      'vapor',
      '{"is_leader":true,"leader":"pod-a","node":"pod-a","timestamp":"now"}',
      { leader: 'pod-a', isLeader: true },
    ],
    ['rkrmr33', '{"leader":"pod-a"}', { leader: 'pod-a' }],
    ['any, with fields of the future', '{"v":2,"name":"pod-a","more":{"name":"pod-b"}}', { leader: 'pod-a' }],
    ['one that names by both fields', '{"leader":"pod-b","name":"pod-a"}', { leader: 'pod-a' }],
    ['any, behind a byte order mark', '\uFEFF{"name":"pod-a"}', { leader: 'pod-a' }],
    ['any, in white space', ' \n{"name":"pod-a"}\r\n', { leader: 'pod-a' }],
    ['contrib before it knows a leader', '{"name":""}', { leader: '' }],
    ['nais before it knows a leader', '{}', {}],
    ['vapor before it knows a leader', '{"is_leader":false,"leader":""}', { leader: '', isLeader: false }],
  ])('understands %s', (_sidecar, body, answer) => {
    expect(readAnswer(body, parseAnswer)).toEqual({ leader: undefined, isLeader: undefined, ...answer });
  });

  it.each([
    ['nothing', '', 'is not JSON'],
    ['HTML', '<html></html>', 'is not JSON'],
    ['half of an answer', '{"name":"pod-a"', 'is not JSON'],
    ['null', 'null', 'is not a JSON object'],
    ['a string', '"pod-a"', 'is not a JSON object'],
    ['an array', '[{"name":"pod-a"}]', 'is not a JSON object'],
    ['a name that is null', '{"name":null}', 'names a leader that is not a string'],
    ['a name that is a number', '{"name":7}', 'names a leader that is not a string'],
    ['a name that is a list', '{"name":["pod-a"]}', 'names a leader that is not a string'],
    ['a null name beside a good leader', '{"name":null,"leader":"pod-a"}', 'names a leader that is not a string'],
    ['a flag that is a string', '{"leader":"pod-a","is_leader":"true"}', 'not a boolean'],
    ['a flag that is a number', '{"leader":"pod-a","is_leader":1}', 'not a boolean'],
    ['a flag that is null', '{"leader":"pod-a","is_leader":null}', 'not a boolean'],
  ])('refuses %s, and says what it is', (_what, body, message) => {
    expect(() => readAnswer(body, parseAnswer)).toThrow(TypeError);
    expect(() => readAnswer(body, parseAnswer)).toThrow(message);
  });

  it('ignores a name that comes from a prototype', () => {
    expect(() => readAnswer('{"__proto__":{"name":"pod-a"}}', parseAnswer)).toThrow('has the fields __proto__');
  });

  it.each(['name', 'leader', 'is_leader', 'isLeader'])(
    'reads own fields alone, not a %s of Object.prototype',
    (field) => {
      const value = field.startsWith('is') ? true : 'pod-a';
      // oxlint-disable-next-line no-extend-native -- as a vulnerable dependency does
      Object.defineProperty(Object.prototype, field, { value, configurable: true, writable: true });
      try {
        for (const parse of [parseAnswer, () => ({}), () => undefined]) {
          const { leader, isLeader } = readAnswer('{}', parse);
          expect([leader, isLeader]).toEqual([undefined, undefined]);
        }
      } finally {
        Reflect.deleteProperty(Object.prototype, field);
      }
    },
  );

  it.each([
    ['{"holder":"web-1"}', 'has the fields holder, and neither name nor leader. The option parse'],
    ['{"Name":"web-1","node":"web-1"}', 'has the fields Name, node'],
    ['{"error":"no leader"}', 'has the fields error'],
  ])('does not read the unknown form %s as an answer that nobody leads', (body, message) => {
    expect(() => readAnswer(body, parseAnswer)).toThrow(message);
  });

  it('reads an answer of nais without a name as one that nobody leads', () => {
    expect(readAnswer('{"last_update":"2026-01-01T00:00:00Z"}', parseAnswer).leader).toBeUndefined();
  });

  it.each<[said: ReturnType<ParseAnswer>, answer: Answer]>([
    ['pod-a', { leader: 'pod-a' }],
    [
      { leader: 'pod-a', isLeader: false },
      { leader: 'pod-a', isLeader: false },
    ],
    [{ isLeader: true }, { isLeader: true }],
    [undefined, {}],
  ])('accepts a name, an answer, or nobody from the option parse: %j', (said, answer) => {
    expect(readAnswer('{}', () => said)).toEqual({ leader: undefined, isLeader: undefined, ...answer });
  });

  it.each([
    'null',
    '7',
    'true',
    '[]',
    '{"name":"pod-a"}',
    '{"leader":7}',
    '{"leader":null}',
    '{"leader":"pod-a","isLeader":"yes"}',
  ])('checks what the option parse returns: %s', (returned) => {
    expect(() => readAnswer('{}', () => JSON.parse(returned))).toThrow(TypeError);
  });

  it('survives a parse that returns a promise which rejects', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    // @ts-expect-error -- plain JavaScript allows it
    expect(() => readAnswer('{}', () => Promise.reject(new Error('parse')))).toThrow('it must return at once');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('does not read a promise as an answer that nobody leads', () => {
    // @ts-expect-error -- plain JavaScript allows it
    expect(() => readAnswer('{}', async () => 'pod-a')).toThrow(TypeError);
  });
});
