import { inVirtualTime } from '../virtual-time.ts';
import { podsOf, type Recording } from './recording.ts';
import { RecordedSidecar } from './recorded-sidecar.ts';
import { newService } from './service.ts';

/** One slot of a schedule, and the pods that ran its job. */
export interface Slot {
  readonly atMs: number;
  readonly pods: readonly string[];
}

/** Plays a recording to three apps that start the same job every second by `runIfLeader`. */
export function replayJobs(recording: Recording, seed: number): Promise<readonly Slot[]> {
  return inVirtualTime(seed, async (time) => {
    const slots: { readonly atMs: number; readonly pods: string[] }[] = [];
    const services = podsOf(recording).map((pod) => ({
      pod,
      service: newService(pod, new RecordedSidecar(recording, pod)),
    }));
    const schedule = setInterval(() => {
      const slot = { atMs: performance.now(), pods: [] as string[] };
      slots.push(slot);
      for (const { pod, service } of services) void service.runIfLeader(() => void slot.pods.push(pod));
    }, 1_000);
    await time.runUntil(recording.endMs);
    clearInterval(schedule);
    for (const { service } of services) await service.close();
    return slots;
  });
}
