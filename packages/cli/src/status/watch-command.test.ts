import { describe, expect, it, vi } from 'vitest';
import { twoCandidates } from '../fixtures/candidates.ts';
import { startCli } from '../fixtures/cli-run.ts';

// Every test starts several processes: with more tests at a time, a small machine starves their sidecars.
vi.setConfig({ testTimeout: 60_000, maxConcurrency: 2 });

describe.concurrent('cluster-leader watch', () => {
  it('prints a line for each change until a signal ends it', async (context) => {
    const lease = { leaseDurationMs: 3_000, dialect: 'leader-elector-head' } as const;
    const [first, second] = await twoCandidates(context, lease);
    const words = startCli(context, ['watch', '--lease', '3s'], second.env);
    const json = startCli(context, ['watch', '--lease', '3s', '--json'], second.env);
    await Promise.all([words.prints('follower: pod-1 leads'), json.prints('"follower"')]);
    await first.kill();
    await Promise.all([words.prints('leader: pod-2 leads, which is this pod'), json.prints('"standing":"leader"')]);
    words.signal('SIGTERM');
    json.signal('SIGINT');
    expect(await Promise.all([words.exited, json.exited])).toEqual([0, 0]);
    const standings = json.lines.map((line): { readonly standing?: string } => JSON.parse(line));
    // A starved process may be unknown for a moment, which is a change too. No line may repeat the one before.
    expect([standings.at(0)?.standing, standings.at(-1)?.standing]).toEqual(['follower', 'leader']);
    expect(words.lines.filter((line, index) => line === words.lines[index - 1])).toEqual([]);
  });
});
