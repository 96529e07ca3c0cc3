import { ClusterLeaderService } from '@cluster-leader/core';
import { expect, test } from 'vitest';
import { cut, podsOf, readRecording, scale, type Recording } from '../support/replay/recording.ts';
import { overlaps, type Change, type Timeline } from '../support/replay/timeline.ts';
import { RecordedServer } from './recorded-server.ts';

/** Five times as fast as recorded: the lease is 2 s, and the leader's sidecar is stopped for 4 s, twice. */
const RECORDING = scale(cut(readRecording('head-pauses'), 6_000, 67_000), 0.2);
const OPTIONS = { leaseDurationMs: 2_000, requestTimeoutMs: 150, checkTimeoutMs: 400 };

/** One pod's app with any client. */
interface App {
  isLeader(): boolean;
  /** Calls `onChange` whenever the standing may have changed. */
  watch(onChange: () => void): void;
  close(): Promise<void>;
}

type MakeApp = (pod: string, url: URL) => App;

test('three services over HTTP lead in the order of their sidecars, and never two at once', async () => {
  const [services, control] = await Promise.all([play(RECORDING, serviceApp), play(RECORDING, handWrittenApp)]);

  expect(overlaps(services, RECORDING.endMs)).toEqual([]);
  const leaders = services.flatMap((change) => change.leaders);
  expect(leaders.filter((pod, index) => pod !== leaders[index - 1])).toEqual(['pod-3', 'pod-1', 'pod-2']);
  // The control has no time limit: while its request hangs, it keeps its last value.
  expect(overlaps(control, RECORDING.endMs)).not.toEqual([]);
}, 60_000);

function serviceApp(pod: string, url: URL): App {
  const options = { ...OPTIONS, identity: pod, url, eventsUrl: false, mode: 'sidecar', logger: {} } as const;
  const service = new ClusterLeaderService(options);
  return {
    isLeader: () => service.isLeaderNow(),
    watch: (onChange) => void service.on('standing', onChange),
    close: () => service.close(),
  };
}

function handWrittenApp(pod: string, url: URL): App {
  const closing = new AbortController();
  let isLeader = false;
  const listeners: (() => void)[] = [];
  const poll = async (): Promise<void> => {
    try {
      const response = await fetch(url, { signal: closing.signal });
      const { name }: { name?: string } = JSON.parse(await response.text());
      isLeader = name === pod;
    } catch {
      return; // keeps the last value
    }
    for (const listener of listeners) listener();
  };
  const interval = setInterval(() => void poll(), 200);
  return {
    isLeader: () => isLeader,
    watch: (onChange) => void listeners.push(onChange),
    close: () => {
      clearInterval(interval);
      closing.abort();
      return Promise.resolve();
    },
  };
}

/** Replays a recording once in real time, with one app per pod. */
async function play(recording: Recording, make: MakeApp): Promise<Timeline> {
  const servers = new Map(podsOf(recording).map((pod) => [pod, new RecordedServer(recording, pod)]));
  const urls = new Map(
    await Promise.all([...servers].map(async ([pod, server]) => [pod, await server.open()] as const)),
  );
  for (const server of servers.values()) server.play();
  const apps = new Map([...urls].map(([pod, url]) => [pod, make(pod, url)]));

  const startedAtMs = performance.now();
  const timeline: Change[] = [{ atMs: 0, leaders: [] }];
  const note = (): void => {
    const leaders = [...apps].filter(([, app]) => app.isLeader()).map(([pod]) => pod);
    if (String(leaders) === String(timeline.at(-1)?.leaders)) return;
    timeline.push({ atMs: performance.now() - startedAtMs, leaders });
  };
  for (const app of apps.values()) app.watch(note);

  const end = Promise.withResolvers<void>();
  setTimeout(end.resolve, recording.endMs);
  await end.promise;

  await Promise.all([...apps.values()].map((app) => app.close()));
  for (const server of servers.values()) server.close();
  return timeline;
}
