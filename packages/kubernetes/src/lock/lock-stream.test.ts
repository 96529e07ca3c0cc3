import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { recordedAnswer } from '../../../../test/support/recorded-answer.ts';
import { serve } from '../fixtures/api-server.ts';
import { createLock } from './kubernetes-lock.ts';

const linesOf = (name: string): readonly string[] => recordedAnswer(name).events.flatMap(({ line }) => line ?? []);

interface Watch {
  readonly changes: () => number;
  readonly streams: ServerResponse[];
  /** The paths that were asked for. */
  readonly paths: () => readonly (string | undefined)[];
  readonly end: () => void;
}

/** Watches the object beside a server whose answers the test writes. */
async function watch(onStream: (stream: ServerResponse) => void = () => {}): Promise<Watch> {
  const streams: ServerResponse[] = [];
  const server = await serve((_request, response) => {
    streams.push(response);
    onStream(response);
  });
  const lock = createLock({ kind: 'Lease', name: 'x', namespace: 'measure', server: server.url }, {}, '/nowhere');
  let changes = 0;
  const end = lock.watch?.(() => (changes += 1)) ?? (() => {});
  onTestFinished(() => lock.close());
  return { changes: () => changes, streams, paths: () => server.requests.map(({ url }) => url), end };
}

const write = (lines: readonly string[]) => (stream: ServerResponse) => void stream.write(`${lines.join('\n')}\n`);
const error = 'watch-410';

describe('watch', () => {
  test('reports a creation, a take-over, a deletion and the next creation', async () => {
    const lines = linesOf('watch-lease-create-takeover-delete-create');
    const states = lines.map((line) => {
      const { type, object } = JSON.parse(line);
      return type === 'DELETED' ? 'absent' : `${object.metadata.uid} ${object.spec.holderIdentity}`;
    });
    const different = states.filter((state, index) => state !== states[index - 1]).length;
    expect(different).toBeGreaterThan(3);
    const { changes } = await watch(write(lines));
    await vi.waitFor(() => expect(changes()).toBe(different));
  });

  test('reports no renewal and no bookmark: one holder is one report', async () => {
    const lines = linesOf('watch-lease-krmcbride');
    const { changes, streams } = await watch(write(lines));
    await vi.waitFor(() => expect(changes()).toBe(1));
    expect(streams).toHaveLength(1);
  });

  test('asks for this object alone, without a resourceVersion', async () => {
    const { paths } = await watch();
    await vi.waitFor(() => expect(paths()).toHaveLength(1));
    expect(paths()[0]).toMatch(
      /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/measure\/leases\?watch=true&fieldSelector=metadata\.name%3Dx&timeoutSeconds=\d{3}$/,
    );
  });

  test.each<[what: string, fail: (stream: ServerResponse) => void]>([
    ['an event 410', (stream) => write([recordedAnswer(error).body.trim()])(stream)],
    ['a refusal', (stream) => void stream.writeHead(403).end(recordedAnswer('watch-403').body)],
    ['a reset', (stream) => void stream.socket?.resetAndDestroy()],
    ['something that is not JSON', (stream) => void stream.write('<html>\n')],
    ['an end', (stream) => void stream.end()],
  ])('asks again after %s, once and a while later', async (_what, fail) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => void vi.restoreAllMocks());
    let isFirst = true;
    const { changes, streams } = await watch((stream) => {
      if (isFirst) fail(stream);
      else write(linesOf('watch-lease-krmcbride'))(stream);
      isFirst = false;
    });
    await vi.waitFor(() => expect(changes()).toBe(1), { timeout: 5_000 });
    expect(streams).toHaveLength(2);
  });

  test('ends with the function that it returned', async () => {
    const { streams, end } = await watch(write(linesOf('watch-lease-krmcbride')));
    await vi.waitFor(() => expect(streams).toHaveLength(1));
    const [stream] = streams;
    const closed = new Promise((resolve) => stream?.once('close', resolve));
    end();
    await closed;
  });
});
