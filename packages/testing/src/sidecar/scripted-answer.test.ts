import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Candidate } from '../election/candidate.ts';
import type { Election } from '../election/election.ts';
import { startElection } from '../election/start-election.ts';
import { ask, exchange } from '../fixtures/raw-exchange.ts';

// Long enough for a loaded machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const HONEST = '{"name":"pod-1"}';
const SILENCE_MS = 100;

describe.each([false, true])('a scripted answer, with processes: %s', (processes) => {
  let election: Election;
  let candidate: Candidate;

  beforeAll(async () => {
    election = await startElection({ candidates: 1, processes });
    candidate = election.candidate('pod-1');
  });

  afterAll(() => election.close());

  test('can change status, headers and body', async () => {
    await candidate.answer({
      status: 302,
      headers: { Location: '/other', 'Content-Type': 'text/html' },
      body: 'Moved',
    });
    const { text } = await exchange(candidate.url);
    expect(text).toMatch(/^HTTP\/1\.1 302 Found\r\n/);
    expect(text).toMatch(/\r\nlocation: \/other\r\n/i);
    expect(text.match(/content-type: .*/gi)).toEqual(['Content-Type: text/html']);
    expect(text).toMatch(/\r\n\r\nMoved$/);
  });

  test('keeps everything of the honest answer that it does not change', async () => {
    await candidate.answer({ status: 503 });
    const { text } = await exchange(candidate.url);
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toMatch(/content-type: text\/plain; charset=utf-8\r\n/i);
    expect(text.endsWith(`\r\n\r\n${HONEST}`)).toBe(true);
  });

  test('can be delayed', async () => {
    await candidate.answer({ delayMs: 100 });
    const { text, tookMs } = await exchange(candidate.url);
    expect(tookMs).toBeGreaterThanOrEqual(99);
    expect(text.endsWith(HONEST)).toBe(true);
  });

  test('can hang before the headers', async () => {
    await candidate.answer('hang');
    expect(await exchange(candidate.url, SILENCE_MS)).toMatchObject({ text: '', endedBy: 'silence' });
  });

  test('can hang in the body', async () => {
    await candidate.answer('hang-in-body');
    const { text, endedBy } = await exchange(candidate.url, SILENCE_MS, 5_000);
    expect(endedBy).toBe('silence');
    expect(text).toMatch(/content-length: 16\r\n[^]*\r\n\r\n{"name":$/i);
  });

  test('can be a reset', async () => {
    await candidate.answer('reset');
    expect(await exchange(candidate.url)).toMatchObject({ text: '', endedBy: 'reset' });
  });

  test('can be a reset in the body', async () => {
    await candidate.answer('reset-in-body');
    const { text, endedBy } = await exchange(candidate.url);
    expect(endedBy).toBe('reset');
    expect(text).toMatch(/\r\n\r\n{"name":$/);
  });

  test('can be something other than HTTP', async () => {
    await candidate.answer('garbage');
    const { text, endedBy } = await exchange(candidate.url);
    expect(endedBy).toBe('end');
    expect(text).toMatch(/^SSH-2\.0-[^]*\u00ff/);
  });

  test('can be any bytes', async () => {
    await candidate.answer({ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\u00e9' });
    const { text } = await exchange(candidate.url);
    expect(text).toBe('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\u00e9');
  });

  test('can be oversize and valid JSON', async () => {
    await candidate.answer({ padToBytes: 2_000_000 });
    const { text } = await exchange(candidate.url);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    expect(body).toHaveLength(2_000_000);
    expect(JSON.parse(body)).toEqual({ name: 'pod-1' });
  });

  test('can be sent byte by byte', async () => {
    await candidate.answer({ dripMs: 5 });
    const { text, tookMs } = await exchange(candidate.url);
    expect(text).toMatch(/content-length: 16\r\n/i);
    expect(text.endsWith(`\r\n\r\n${HONEST}`)).toBe(true);
    expect(tookMs).toBeGreaterThanOrEqual(16 * 4);
  });

  test('can be sent in chunks of one byte', async () => {
    await candidate.answer({ body: 'abc', chunked: true });
    const { text } = await exchange(candidate.url);
    expect(text).toMatch(/transfer-encoding: chunked\r\n[^]*1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n$/i);
  });

  test('can refuse connections while the sidecar keeps leading', async () => {
    await candidate.answer('refuse');
    expect(await exchange(candidate.url)).toMatchObject({ text: '', endedBy: 'refused' });
    expect(candidate.claimsToLead).toBe(true);
  });

  test('stays in effect after a restart, until it is withdrawn', async () => {
    await candidate.answer({ body: '{}' });
    await candidate.restart();
    expect(await ask(candidate.url)).toEqual({});
    await candidate.answerHonestly();
    await election.until(() => candidate.claimsToLead);
    expect(await ask(candidate.url)).toEqual({ name: 'pod-1' });
  });
});
