import { ClusterLeaderService } from '@cluster-leader/core';
import { expect, test } from 'vitest';
import { onePollMs } from './replay/admitted.ts';
import { RecordedServer } from './replay/recorded-server.ts';
import { cut, podsOf, readRecording, scale, type Recording } from './replay/recording.ts';
import { leaderless, lengthMs, overlaps, type Change, type Timeline } from './replay/timeline.ts';

/** A fifth of the recorded time: a lease of 2 s, and twice the leader's sidecar stopped for 4 s. */
const RECORDING = scale(cut(readRecording('head-pauses'), 6_000, 67_000), 0.2);
const OPTIONS = { leaseDurationMs: 2_000, requestTimeoutMs: 150, checkTimeoutMs: 400 };
const BOUNDS = { pollIntervalMs: 200, requestMs: 150 };
/** How late a timer may come on a machine that has other work. */
const NOISE_MS = 350;

/** One pod's app, whatever client it uses. */
interface App {
  readonly pod: string;
  isLeader(): boolean;
  /** Calls `look` whenever the standing may have changed. */
  watch(look: () => void): void;
  close(): Promise<void>;
}

type MakeApp = (pod: string, url: URL) => App;

test('three services over HTTP never lead two at once, and heed a sole claim in time', async () => {
  const { timeline, control } = await play(RECORDING, serviceApp, handWrittenApp);

  expect(overlaps(timeline, RECORDING.endMs)).toEqual([]);
  const tooLong = leaderless(timeline, RECORDING).filter((span) => lengthMs(span) > onePollMs(BOUNDS) + NOISE_MS);
  expect(tooLong).toEqual([]);
  // The control, at the same time beside the same sidecars: its request hangs with the sidecar, so it keeps its value.
  expect(overlaps(control, RECORDING.endMs)).not.toEqual([]);
}, 30_000);

function serviceApp(pod: string, url: URL): App {
  const options = { ...OPTIONS, identity: pod, url, eventsUrl: false, mode: 'sidecar', logger: {} } as const;
  const service = new ClusterLeaderService(options);
  return {
    pod,
    isLeader: () => service.isLeaderNow(),
    watch: (look) => void service.on('standing', look),
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
      return; // The value is kept.
    }
    for (const look of listeners) look();
  };
  const interval = setInterval(() => void poll(), BOUNDS.pollIntervalMs);
  return {
    pod,
    isLeader: () => isLeader,
    watch: (look) => void listeners.push(look),
    close: () => {
      clearInterval(interval);
      closing.abort();
      return Promise.resolve();
    },
  };
}

/** Plays a recording once, in real time, to the apps of both makes, and says what became of each make. */
async function play(
  recording: Recording,
  make: MakeApp,
  makeControl: MakeApp,
): Promise<{ readonly timeline: Timeline; readonly control: Timeline }> {
  const pods = await Promise.all(
    podsOf(recording).map(async (pod) => {
      const server = new RecordedServer(recording, pod);
      return { pod, server, url: await server.open() };
    }),
  );
  for (const { server } of pods) server.play();
  const apps = pods.map(({ pod, url }) => make(pod, url));
  const controls = pods.map(({ pod, url }) => makeControl(pod, url));
  const [timeline, control] = [watch(apps), watch(controls)];

  const end = Promise.withResolvers<void>();
  setTimeout(end.resolve, recording.endMs);
  await end.promise;

  await Promise.all([...apps, ...controls].map((app) => app.close()));
  for (const { server } of pods) server.close();
  return { timeline, control };
}

function watch(apps: readonly App[]): Timeline {
  const startedAtMs = performance.now();
  const timeline: Change[] = [{ atMs: 0, leaders: [] }];
  const look = (): void => {
    const leaders = apps.filter((app) => app.isLeader()).map(({ pod }) => pod);
    if (String(leaders) === String(timeline.at(-1)?.leaders)) return;
    timeline.push({ atMs: performance.now() - startedAtMs, leaders });
  };
  for (const app of apps) app.watch(look);
  return timeline;
}
