import { getEventListeners } from 'node:events';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import type { NotLeadingReason, UnknownReason, Verdict } from '../belief/verdict.ts';
import { Leader } from './leader.ts';
import type { LeaderOptions } from './leader-options.ts';
import type { LeadershipSource } from './leadership-source.ts';
import type { OnUnknown } from './on-unknown.ts';
import { runChild } from '../fixtures/child.ts';
import { currentTerm, type Term } from './term.ts';

const LEADER: Verdict = { standing: 'leader' };
const FOLLOWER: Verdict = { standing: 'follower' };
const unknown = (reason: UnknownReason = 'stale'): Verdict => ({ standing: 'unknown', reason });
const REASONS: UnknownReason[] = ['not-asked', 'no-leader', 'unreachable', 'invalid-answer', 'stale', 'settling'];

/** Stands as the test says, and records what the leader wants of it. */
class RecordingSource implements LeadershipSource {
  /** What is so, whether or not it has been noticed. */
  verdict: Verdict = unknown('not-asked');
  readonly checks: (number | undefined)[] = [];
  onCheck: (signal?: AbortSignal) => void | Promise<void> = () => {};

  judge(): Verdict {
    return this.verdict;
  }

  watch(): void {}

  async check(maxAgeMs: number | undefined, signal?: AbortSignal): Promise<void> {
    this.checks.push(maxAgeMs);
    await this.onCheck(signal);
  }

  status(): object {
    return {};
  }

  async close(): Promise<void> {}
}

/** A leader over such a source, with both in one hand. */
class Source extends Leader {
  readonly #recording: RecordingSource;

  constructor(options: LeaderOptions) {
    const recording = new RecordingSource();
    super(recording, options);
    this.#recording = recording;
  }

  get present(): Term | undefined {
    return this.term;
  }

  get checks(): readonly (number | undefined)[] {
    return this.#recording.checks;
  }

  set verdict(verdict: Verdict) {
    this.#recording.verdict = verdict;
  }

  set onCheck(onCheck: RecordingSource['onCheck']) {
    this.#recording.onCheck = onCheck;
  }

  become(verdict: Verdict): void {
    this.verdict = verdict;
    void this.standing;
  }
}

/** A source that fails open and has been answered once, since nothing runs before that. */
function newOpenSource(): Source {
  const source = newSource({ onUnknown: 'leader' });
  source.become(FOLLOWER);
  source.become(unknown());
  return source;
}

function newSource(options: LeaderOptions = {}): Source {
  const source = new Source({ logger: {}, ...options });
  onTestFinished(() => source.close());
  return source;
}

/** All events, as one line each. */
function record(source: Source): string[] {
  const lines: string[] = [];
  source.on('elected', ({ term }) => lines.push(`elected ${term.number}`));
  source.on('demoted', ({ term, reason }) => lines.push(`demoted ${term.number} ${reason}`));
  source.on('standing', ({ standing, reason, previous }) =>
    lines.push(`${previous} -> ${standing}${reason === undefined ? '' : ` ${reason}`}`),
  );
  source.on('skipped', ({ name, reason }) => lines.push(`skipped ${name} ${reason}`));
  return lines;
}

const withCode = (code: string): unknown => expect.objectContaining({ name: 'ClusterLeaderError', code });

describe('events', () => {
  it('emits elected if this pod leads at boot', () => {
    const source = newSource();
    const lines = record(source);
    source.become(LEADER);
    expect(lines).toEqual(['elected 1', 'unknown -> leader']);
  });

  it('emits no demotion if this pod is a follower at boot', () => {
    const source = newSource();
    const lines = record(source);
    source.become(FOLLOWER);
    expect(lines).toEqual(['unknown -> follower']);
  });

  it('emits nothing if nothing changes', () => {
    const source = newSource();
    source.become(LEADER);
    const lines = record(source);
    source.become({ standing: 'leader' });
    source.become(FOLLOWER);
    source.become({ standing: 'follower' });
    expect(lines).toEqual(['demoted 1 follower', 'leader -> follower']);
  });

  it('gives the reason of each end of a term, and each change of the reason', () => {
    const source = newSource();
    const lines = record(source);
    source.become(LEADER);
    source.become(unknown('unreachable'));
    source.become(unknown('settling'));
    source.become(LEADER);
    expect(lines).toEqual([
      'elected 1',
      'unknown -> leader',
      'demoted 1 unreachable',
      'leader -> unknown unreachable',
      'unknown -> unknown settling',
      'elected 2',
      'unknown -> leader',
    ]);
  });

  it('changes the state and aborts the signal before it calls any listener', () => {
    const source = newSource();
    const seen: unknown[] = [];
    source.on('elected', ({ term }) => seen.push([source.standing, source.isLeaderNow(), term === source.present]));
    source.on('demoted', ({ term }) => seen.push([source.standing, source.isLeaderNow(), term.signal.aborted]));
    source.become(LEADER);
    source.become(FOLLOWER);
    expect(seen).toEqual([
      ['leader', true, true],
      ['follower', false, true],
    ]);
  });

  it('aborts the signal before the logger is called', () => {
    const aborted: (boolean | undefined)[] = [];
    const terms: Term[] = [];
    const source = newSource({ logger: { info: () => aborted.push(terms[0]?.signal.aborted) } });
    source.on('elected', ({ term }) => terms.push(term));
    source.become(LEADER);
    source.become(FOLLOWER);
    expect(aborted).toEqual([undefined, true]);
  });

  it('survives listeners that throw or reject, and logs it', async () => {
    const warn = vi.fn<(message: string) => void>();
    const source = newSource({ logger: { warn } });
    source.on('elected', () => {
      throw new Error('thrown');
    });
    source.on('elected', async () => {
      throw new Error('rejected');
    });
    const lines = record(source);
    source.become(LEADER);
    expect(lines).toEqual(['elected 1', 'unknown -> leader']);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2));
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('thrown'));
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('rejected'));
  });

  it.each<[what: string, thrown: unknown]>([
    ['without a prototype', Object.create(null)],
    ['that cannot be printed', { toString: () => expect.unreachable() }],
    ['that is undefined', undefined],
  ])('calls the next listeners after one has thrown something %s', (_what, thrown) => {
    const source = newSource({ logger: { warn: () => {} } });
    source.on('elected', () => {
      throw thrown;
    });
    const lines = record(source);
    source.become(LEADER);
    source.become(FOLLOWER);
    expect(lines).toEqual(['elected 1', 'unknown -> leader', 'demoted 1 follower', 'leader -> follower']);
  });

  it('ends a term although the logger throws', () => {
    const logger = {
      info: (): void => {
        throw new Error('disk full');
      },
    };
    const source = newSource({ logger });
    const lines = record(source);
    const attempt = (verdict: Verdict): void => {
      try {
        source.become(verdict);
      } catch {
        // Whether the caller hears of it is another question.
      }
    };
    attempt(LEADER);
    const term = source.present;
    attempt(FOLLOWER);
    expect(term?.signal.aborted).toBe(true);
    expect(lines).toContain('demoted 1 follower');
  });

  it('logs one info line per transition and nothing per read', async () => {
    const info = vi.fn<(message: string) => void>();
    const source = newSource({ logger: { info, warn: () => expect.unreachable() } });
    source.become(LEADER);
    await source.runIfLeader(() => source.isLeader());
    source.become(FOLLOWER);
    source.become(unknown('stale'));
    expect(info.mock.calls).toEqual([
      [expect.stringContaining('elected: term 1')],
      [expect.stringContaining('stepped down (follower): term 1')],
    ]);
  });

  it('does not call a removed listener', () => {
    const source = newSource();
    const listener = vi.fn<() => void>();
    source.on('elected', listener)();
    source.become(LEADER);
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('listeners that do something', () => {
  it('may close in elected: the term ends at once, in order for all', () => {
    const source = newSource();
    source.on('elected', () => void source.close());
    const lines = record(source);
    source.become(LEADER);
    expect(lines).toEqual(['elected 1', 'unknown -> leader', 'demoted 1 closed', 'leader -> unknown closed']);
    expect(source.isLeaderNow()).toBe(false);
  });

  it('may close in demoted', () => {
    const source = newSource();
    source.on('demoted', () => void source.close());
    const lines = record(source);
    source.become(LEADER);
    source.become(FOLLOWER);
    expect(lines.slice(2)).toEqual(['demoted 1 follower', 'leader -> follower', 'follower -> unknown closed']);
  });

  it('may be closed when the signal aborts, and no listener is called before the signal has aborted', () => {
    const source = newSource();
    const lines = record(source);
    source.become(LEADER);
    source.present?.signal.addEventListener('abort', () => {
      lines.push('aborted');
      void source.close();
    });
    source.become(FOLLOWER);
    expect(lines.slice(2)).toEqual([
      'aborted',
      'demoted 1 follower',
      'leader -> follower',
      'follower -> unknown closed',
    ]);
  });

  it('may be elected again when the signal aborts', () => {
    const source = newSource();
    const lines = record(source);
    source.become(LEADER);
    source.present?.signal.addEventListener('abort', () => source.become(LEADER));
    source.become(FOLLOWER);
    expect(lines.slice(2)).toEqual(['demoted 1 follower', 'leader -> follower', 'elected 2', 'follower -> leader']);
    expect(source.present?.number).toBe(2);
  });

  it('may change the standing at every event', () => {
    const source = newSource();
    let changes = 0;
    source.on('standing', ({ standing }) => {
      if ((changes += 1) < 6) source.become(standing === 'leader' ? FOLLOWER : LEADER);
    });
    const lines = record(source);
    source.become(LEADER);
    expect(lines.filter((line) => !line.includes('->'))).toEqual([
      'elected 1',
      'demoted 1 follower',
      'elected 2',
      'demoted 2 follower',
      'elected 3',
      'demoted 3 follower',
    ]);
  });

  it.each([1, 2, 3, 4, 5])('receive elected and demoted in turns under any order of standings (seed %d)', (seed) => {
    let state = seed;
    const random = (below: number): number => {
      state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
      return Math.floor((state / 2 ** 32) * below);
    };
    const source = newSource();
    const verdicts = [LEADER, LEADER, FOLLOWER, ...REASONS.map((reason) => unknown(reason))];
    const change = (): void => source.become(verdicts[random(verdicts.length)] ?? LEADER);
    let depth = 0;
    const meddle = (): void => {
      if (depth > 3 || random(3) > 0) return;
      depth += 1;
      change();
      depth -= 1;
    };
    for (const name of ['elected', 'demoted', 'standing'] as const) source.on(name, meddle);
    const terms: Term[] = [];
    let current: Term | undefined;
    source.on('elected', ({ term }) => {
      expect(current).toBeUndefined();
      current = term;
      terms.push(term);
      term.signal.addEventListener('abort', meddle);
    });
    source.on('demoted', ({ term }) => {
      expect(term).toBe(current);
      expect(term.signal.aborted).toBe(true);
      current = undefined;
    });
    for (let i = 0; i < 2_000; i += 1) change();
    expect(current).toBe(source.present);
    expect(terms.map(({ number }) => number)).toEqual(terms.map((_, index) => index + 1));
    expect(terms.filter(({ signal }) => !signal.aborted)).toEqual(current === undefined ? [] : [current]);
    expect(terms.length).toBeGreaterThan(100);
  });
});

describe('every read re-evaluates', () => {
  it.each<[what: string, look: (source: Source, term: Term) => unknown]>([
    ['standing', (source) => source.standing],
    ['isLeaderNow', (source) => source.isLeaderNow()],
    ['status', (source) => source.status()],
    ['isLeader', (source) => source.isLeader()],
    ['start', (source) => source.start()],
    ['runIfLeader', (source) => source.runIfLeader(() => expect.unreachable())],
    ['waitForLeadership', (source) => void source.waitForLeadership().catch(() => {})],
    ['assertLeader', (_source, term) => expect(() => term.assertLeader()).toThrow(withCode('ERR_NOT_LEADER'))],
  ])('%s: a term that is over ends before it returns', async (_what, look) => {
    const source = newSource();
    const lines = record(source);
    source.become(LEADER);
    const term = await source.waitForLeadership();
    source.verdict = unknown('stale');
    expect(term.signal.aborted).toBe(false);
    await look(source, term);
    expect(term.signal.aborted).toBe(true);
    expect(lines).toContain('demoted 1 stale');
  });
});

describe('terms', () => {
  it('are numbered, dated and end with a reason', () => {
    const source = newSource();
    const before = Date.now();
    source.become(LEADER);
    const term = source.present;
    expect(term).toMatchObject({ number: 1, electedAt: expect.any(Date), signal: { aborted: false } });
    expect(term?.electedAt.getTime()).toBeGreaterThanOrEqual(before);
    source.become(unknown('unreachable'));
    expect(term?.signal.reason).toMatchObject({
      code: 'ERR_NOT_LEADER',
      message: expect.stringContaining('Term 1 has ended (unreachable)'),
    });
  });

  it('stay ended when a later one begins', () => {
    const source = newSource();
    source.become(LEADER);
    const [first] = [source.present];
    source.become(FOLLOWER);
    source.become(LEADER);
    expect(source.present?.number).toBe(2);
    expect(() => source.present?.assertLeader()).not.toThrow();
    expect(() => first?.assertLeader()).toThrow(withCode('ERR_NOT_LEADER'));
  });

  it('end when the leader is closed', async () => {
    const source = newSource();
    source.become(LEADER);
    const term = source.present;
    const closing = source.close();
    expect(term?.signal.aborted).toBe(true);
    expect(term?.signal.reason).toMatchObject({ message: expect.stringContaining('(closed)') });
    await closing;
  });
});

describe('runIfLeader', () => {
  it('runs the task in the term, and resolves with its value', async () => {
    const source = newSource();
    source.become(LEADER);
    const result = await source.runIfLeader(async (term) => {
      await Promise.resolve();
      expect(currentTerm()).toBe(term);
      return term.number;
    });
    expect(result).toEqual({ ran: true, value: 1 });
    expect(() => currentTerm()).toThrow(withCode('ERR_NO_TERM'));
    expect(source.status()).toMatchObject({ runs: 1, skips: {} });
  });

  it('runs a task that is not async', async () => {
    const source = newSource();
    source.become(LEADER);
    expect(await source.runIfLeader(() => 7)).toEqual({ ran: true, value: 7 });
  });

  it('asks for an answer no older than 100 ms, and decides by it', async () => {
    const source = newSource();
    source.become(LEADER);
    source.onCheck = () => source.become(FOLLOWER);
    expect(await source.runIfLeader(() => expect.unreachable())).toEqual({ ran: false, reason: 'follower' });
    expect(source.checks).toEqual([100]);
  });

  it.each<[verdict: Verdict, reason: NotLeadingReason]>([
    [FOLLOWER, 'follower'],
    ...REASONS.map((reason): [Verdict, NotLeadingReason] => [unknown(reason), reason]),
  ])('skips the task, visibly: %j', async (verdict, reason) => {
    const debug = vi.fn<(message: string) => void>();
    const source = newSource({ logger: { debug } });
    source.become(verdict);
    const lines = record(source);
    const task = vi.fn<() => void>();
    expect(await source.runIfLeader(task, { name: 'report' })).toEqual({ ran: false, reason });
    expect(task).not.toHaveBeenCalled();
    expect(lines).toEqual([`skipped report ${reason}`]);
    expect(source.status()).toMatchObject({ runs: 0, skips: { [reason]: 1 } });
    expect(debug.mock.calls).toEqual([[`Skipped report: ${reason}.`]]);
  });

  it.each<[what: string, task: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('task');
      },
    ],
    ['rejects', () => Promise.reject(new Error('task'))],
  ])('rejects with the error of a task that %s, which counts as a run', async (_what, task) => {
    const source = newSource();
    source.become(LEADER);
    await expect(source.runIfLeader(task)).rejects.toThrow('task');
    expect(source.status()).toMatchObject({ runs: 1, skips: {} });
  });

  it('counts skips by their reason, in a copy', async () => {
    const source = newSource();
    source.become(FOLLOWER);
    await source.runIfLeader(() => {});
    const { skips } = source.status();
    await source.runIfLeader(() => {});
    source.become(unknown('stale'));
    await source.runIfLeader(() => {});
    expect(skips).toEqual({ follower: 1 });
    expect(source.status().skips).toEqual({ follower: 2, stale: 1 });
  });

  it('aborts the signal of a running task on demotion', async () => {
    const source = newSource();
    source.become(LEADER);
    const running = source.runIfLeader(async ({ signal }) => {
      const aborted = new Promise<unknown>((resolve) =>
        signal.addEventListener('abort', () => resolve(signal.reason), { once: true }),
      );
      source.become(FOLLOWER);
      return aborted;
    });
    expect(await running).toMatchObject({ ran: true, value: { code: 'ERR_NOT_LEADER' } });
  });

  it('runs nothing once closed', async () => {
    const source = newSource();
    source.become(LEADER);
    await source.close();
    expect(await source.runIfLeader(() => expect.unreachable())).toEqual({ ran: false, reason: 'closed' });
  });

  it('runs nothing when it is closed while it checks', async () => {
    const source = newSource();
    source.become(LEADER);
    source.onCheck = () => source.close();
    expect(await source.runIfLeader(() => expect.unreachable())).toEqual({ ran: false, reason: 'closed' });
  });
});

describe('the options of a run', () => {
  it.each([0, 50, 60_000])('take a maxAgeMs of %d', async (maxAgeMs) => {
    const source = newSource();
    await source.runIfLeader(() => {}, { maxAgeMs });
    await source.shouldRun({ maxAgeMs });
    await source.gate(() => {}, { maxAgeMs })();
    expect(source.checks).toEqual([maxAgeMs, maxAgeMs, maxAgeMs]);
  });

  it('use what is known, without a check, if maxAgeMs is Infinity', async () => {
    const source = newSource();
    source.become(LEADER);
    expect(await source.runIfLeader(() => 1, { maxAgeMs: Infinity })).toEqual({ ran: true, value: 1 });
    expect(source.checks).toEqual([]);
  });

  it.each([-1, Number.NaN])('refuse a maxAgeMs of %d', async (maxAgeMs) => {
    const source = newSource();
    source.become(LEADER);
    const refused = withCode('ERR_INVALID_OPTION');
    await expect(source.runIfLeader(() => expect.unreachable(), { maxAgeMs })).rejects.toThrow(refused);
    await expect(source.shouldRun({ maxAgeMs })).rejects.toThrow(refused);
  });

  it('skip the run as closed if the signal has aborted', async () => {
    const source = newSource();
    source.become(LEADER);
    const lines = record(source);
    const options = { name: 'report', signal: AbortSignal.abort() };
    expect(await source.runIfLeader(() => expect.unreachable(), options)).toEqual({ ran: false, reason: 'closed' });
    expect(await source.shouldRun(options)).toEqual({ run: false, reason: 'closed' });
    expect(lines).toEqual(['skipped report closed', 'skipped report closed']);
    expect(source.status().skips).toEqual({ closed: 2 });
  });

  it('skip the run as closed if the signal aborts during the check', async () => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    source.onCheck = () => controller.abort();
    const run = source.runIfLeader(() => expect.unreachable(), { signal: controller.signal });
    expect(await run).toEqual({ ran: false, reason: 'closed' });
  });

  it('skip the run as closed if the signal has aborted, even with onUnknown throw', async () => {
    const source = newSource({ onUnknown: 'throw' });
    source.become(unknown('stale'));
    const run = source.runIfLeader(() => expect.unreachable(), { signal: AbortSignal.abort() });
    expect(await run).toEqual({ ran: false, reason: 'closed' });
  });

  it('end the term of that run only when the signal aborts', async () => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    await source.runIfLeader(
      (term) => {
        expect(term).toMatchObject({ number: 1, electedAt: source.present?.electedAt });
        expect(currentTerm()).toBe(term);
        controller.abort();
        expect(term.signal.aborted).toBe(true);
        expect(() => term.assertLeader()).toThrow(withCode('ERR_NOT_LEADER'));
        expect(() => source.present?.assertLeader()).not.toThrow();
      },
      { signal: controller.signal },
    );
    expect(source.isLeaderNow()).toBe(true);
  });

  it('get a signal each, and leave nothing on the signals that outlive them', async () => {
    const source = newSource();
    const { signal } = new AbortController();
    source.become(LEADER);
    const given = new Set<AbortSignal>();
    for (let i = 0; i < 20; i += 1) await source.runIfLeader((term) => given.add(term.signal), { signal });
    expect(given.size).toBe(20);
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    source.become(FOLLOWER);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect([...given].map(({ aborted }) => aborted)).toEqual(Array.from({ length: 20 }, () => true));
  });

  it('abort a run with ERR_NOT_LEADER, whatever the reason of the signal is, which becomes the cause', async () => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    const reason = new Error('shutting down');
    await source.runIfLeader(
      (term) => {
        controller.abort(reason);
        expect(term.signal.reason).toMatchObject({ code: 'ERR_NOT_LEADER', cause: reason });
      },
      { signal: controller.signal },
    );
  });

  it('abort a run that first reads its signal after the end', async () => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    await source.runIfLeader(
      (term) => {
        controller.abort();
        expect(term.signal.reason).toMatchObject({ code: 'ERR_NOT_LEADER' });
      },
      { signal: controller.signal },
    );
    await source.runIfLeader((term) => {
      source.become(FOLLOWER);
      expect(term.signal.reason).toMatchObject({ code: 'ERR_NOT_LEADER' });
    });
  });

  it('let work that a run has left behind learn of the end of its term', async () => {
    const source = newSource();
    source.become(LEADER);
    const aborted = vi.fn<() => void>();
    const left: AbortSignal[] = [];
    await source.runIfLeader(({ signal }) => signal.addEventListener('abort', aborted));
    await source.runIfLeader(({ signal }) => void left.push(signal));
    source.become(FOLLOWER);
    expect(aborted).toHaveBeenCalledOnce();
    expect(left[0]?.aborted).toBe(true);
  });

  it.each<[how: string, end: (source: Source, controller: AbortController) => void]>([
    ['the term ends', (source) => source.become(FOLLOWER)],
    ['the signal of the run aborts', (_source, controller) => controller.abort()],
  ])('abort a signal that is first read after the run has returned, when %s', async (_how, end) => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    const left: Term[] = [];
    await source.runIfLeader((term) => void left.push(term), { signal: controller.signal });
    const signal = left[0]?.signal;
    expect(signal?.aborted).toBe(false);
    end(source, controller);
    expect(signal?.reason).toMatchObject({ code: 'ERR_NOT_LEADER' });
  });

  it('leave nothing on the signal of a shutdown if runs leave listeners on theirs, once the term has ended', async () => {
    const source = newSource();
    source.become(LEADER);
    const { signal } = new AbortController();
    let aborted = 0;
    const leave = (term: Term): void => term.signal.addEventListener('abort', () => (aborted += 1));
    for (let i = 0; i < 100; i += 1) await source.runIfLeader(leave, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    source.become(FOLLOWER);
    expect(aborted).toBe(100);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('skip the run as closed when the signal aborts while it asks, without waiting for the answer', async () => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    source.onCheck = (signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const run = source.runIfLeader(() => expect.unreachable(), { signal: controller.signal });
    controller.abort();
    expect(await run).toEqual({ ran: false, reason: 'closed' });
  });

  it('let a demotion end the term of a run with a signal before any listener is called', async () => {
    const source = newSource();
    source.become(LEADER);
    const { signal } = new AbortController();
    const aborted: boolean[] = [];
    await source.runIfLeader(
      (term) => {
        source.on('demoted', () => aborted.push(term.signal.aborted));
        source.become(unknown('stale'));
        expect(() => term.assertLeader()).toThrow('Term 1 has ended (stale)');
        source.become(LEADER);
        expect(() => term.assertLeader()).toThrow('Term 1 has ended (stale)');
      },
      { signal },
    );
    expect(aborted).toEqual([true]);
  });

  it('let assertLeader() throw in work that a run has left behind, once the term has ended', async () => {
    const source = newSource();
    source.become(LEADER);
    const left: Term[] = [];
    await source.runIfLeader((term) => void left.push(term), { signal: new AbortController().signal });
    const [term] = left;
    expect(() => term?.assertLeader()).not.toThrow();
    source.become(FOLLOWER);
    expect(() => term?.assertLeader()).toThrow(withCode('ERR_NOT_LEADER'));
    source.become(LEADER);
    expect(() => term?.assertLeader()).toThrow(withCode('ERR_NOT_LEADER'));
  });
});

describe('shouldRun', () => {
  it('decides as a gate does, and leaves the run to its caller', async () => {
    const source = newSource();
    source.become(LEADER);
    expect(await source.shouldRun()).toEqual({ run: true });
    expect(source.checks).toEqual([100]);
    expect(source.status()).toMatchObject({ runs: 0, skips: {} });
  });

  it('reports a skip as a gate does', async () => {
    const source = newSource();
    source.become(unknown('settling'));
    const lines = record(source);
    expect(await source.shouldRun({ name: 'report' })).toEqual({ run: false, reason: 'settling' });
    expect(lines).toEqual(['skipped report settling']);
    expect(source.status().skips).toEqual({ settling: 1 });
  });
});

describe('gate', () => {
  it('keeps this, arguments and value', async () => {
    const source = newSource();
    source.become(LEADER);
    const job = {
      factor: 2,
      run: source.gate(function (this: { factor: number }, a: number, b: string): string {
        return `${b}${this.factor * a}`;
      }),
    };
    expectTypeOf(job.run).parameters.toEqualTypeOf<[number, string]>();
    expectTypeOf(job.run).returns.resolves.toEqualTypeOf<string | undefined>();
    expect(await job.run(21, '=')).toBe('=42');
  });

  it('has the term of the run inside', async () => {
    const source = newSource();
    source.become(LEADER);
    expect(await source.gate(async () => currentTerm().number)()).toBe(1);
  });

  it.each<[name: string | undefined, gated: (source: Source) => () => Promise<unknown>]>([
    ['sendInvoices', (source) => source.gate(function sendInvoices() {})],
    ['invoices', (source) => source.gate(function sendInvoices() {}, { name: 'invoices' })],
    ['sendInvoices', (source) => source.gate(function sendInvoices() {}, { name: undefined })],
    [undefined, (source) => source.gate(() => {})],
  ])('is called %s in events', async (name, gated) => {
    const source = newSource();
    source.become(FOLLOWER);
    const lines = record(source);
    expect(await gated(source)()).toBeUndefined();
    expect(lines).toEqual([`skipped ${name} follower`]);
  });

  it('rejects with the errors of the function', async () => {
    const source = newSource();
    source.become(LEADER);
    const gated = source.gate(() => Promise.reject(new Error('task')));
    await expect(gated()).rejects.toThrow('task');
  });
});

describe('gate', () => {
  it('resolves with undefined and emits an event if the function rejects because its term has ended', async () => {
    const source = newSource();
    source.become(LEADER);
    const interrupted = vi.fn<(event: unknown) => void>();
    source.on('interrupted', interrupted);
    const report = source.gate(async function report() {
      source.become(FOLLOWER);
      currentTerm().assertLeader();
    });
    expect(await report()).toBeUndefined();
    expect(interrupted).toHaveBeenCalledExactlyOnceWith({
      name: 'report',
      term: expect.objectContaining({ number: 1 }),
      error: withCode('ERR_NOT_LEADER'),
    });
  });

  it('rejects with the errors of a function whose term has ended, too', async () => {
    const source = newSource();
    source.become(LEADER);
    const gated = source.gate(async () => {
      source.become(FOLLOWER);
      throw new Error('task');
    });
    await expect(gated()).rejects.toThrow('task');
  });

  it.each<[what: string, fn: unknown, options: unknown, message: string]>([
    ['no function', undefined, {}, 'fn is undefined'],
    ['a maxAgeMs of NaN', () => {}, { maxAgeMs: Number.NaN }, 'maxAgeMs is NaN'],
    ['a misspelt option', () => {}, { maxAge: 1 }, 'maxAge is 1'],
    ['null as options', () => {}, null, 'options is null'],
    ['a signal that is not one', () => {}, { signal: {} }, 'signal is {}'],
  ])('refuses %s when it is made', (_what, fn, options, message) => {
    const source = newSource();
    // @ts-expect-error -- plain JavaScript allows it
    expect(() => source.gate(fn, options)).toThrow(message);
  });
});

describe('on', () => {
  it('refuses an event that does not exist', () => {
    // @ts-expect-error -- plain JavaScript allows it
    expect(() => newSource().on('electedd', () => {})).toThrow("event is 'electedd', but it must be one of the events");
  });
});

describe('onUnknown', () => {
  const decisions: [onUnknown: OnUnknown | undefined, verdict: Verdict, leads: boolean | 'throws'][] = [];
  for (const onUnknown of [undefined, 'follower', 'throw', 'leader'] as const) {
    decisions.push([onUnknown, LEADER, true], [onUnknown, FOLLOWER, false]);
    for (const reason of REASONS) {
      decisions.push([onUnknown, unknown(reason), onUnknown === 'throw' ? 'throws' : onUnknown === 'leader']);
    }
  }

  it.each(decisions.filter(([, , leads]) => leads !== 'throws'))(
    '%s makes of %j: %s',
    async (onUnknown, verdict, leads) => {
      const source = newSource({ onUnknown });
      source.become(FOLLOWER);
      source.become(verdict);
      const task = vi.fn<() => void>();
      expect(await source.isLeader()).toBe(leads);
      expect(source.isLeaderNow()).toBe(leads);
      expect(await source.shouldRun()).toMatchObject({ run: leads });
      expect(await source.runIfLeader(task)).toMatchObject({ ran: leads });
      await source.gate(task)();
      expect(task).toHaveBeenCalledTimes(leads === true ? 2 : 0);
      expect(source.standing).toBe(verdict.standing);
    },
  );

  it.each(decisions.filter(([, , leads]) => leads === 'throws'))(
    '%s makes of %j: an error',
    async (onUnknown, verdict) => {
      const source = newSource({ onUnknown });
      source.become(verdict);
      const task = vi.fn<() => void>();
      const error = withCode('ERR_LEADER_UNKNOWN');
      await expect(source.isLeader()).rejects.toThrow(error);
      expect(() => source.isLeaderNow()).toThrow(error);
      await expect(source.shouldRun()).rejects.toThrow(error);
      await expect(source.runIfLeader(task)).rejects.toThrow(error);
      await expect(source.gate(task)()).rejects.toThrow(error);
      expect(task).not.toHaveBeenCalled();
      expect(source.standing).toBe('unknown');
    },
  );

  it.each<OnUnknown>(['follower', 'leader'])('%s never makes a closed leader lead', async (onUnknown) => {
    const source = newSource({ onUnknown });
    source.become(LEADER);
    await source.close();
    expect(await source.isLeader()).toBe(false);
    expect(source.isLeaderNow()).toBe(false);
    expect(await source.runIfLeader(() => expect.unreachable())).toEqual({ ran: false, reason: 'closed' });
  });

  it('names the reason in the error', () => {
    const source = newSource({ onUnknown: 'throw' });
    source.become(unknown('unreachable'));
    expect(() => source.isLeaderNow()).toThrow(/unreachable.*status\(\)/);
  });

  it('counts a run that throws ERR_LEADER_UNKNOWN as skipped', async () => {
    const source = newSource({ onUnknown: 'throw' });
    source.become(unknown('stale'));
    await expect(source.runIfLeader(() => {})).rejects.toThrow(withCode('ERR_LEADER_UNKNOWN'));
    expect(source.status()).toMatchObject({ runs: 0, skips: { stale: 1 } });
  });

  it('does not elect this pod by failing open: no event, no term, no end of waiting', async () => {
    const source = newSource({ onUnknown: 'leader' });
    const lines = record(source);
    source.become(unknown('stale'));
    let waited = false;
    const waiting = source.waitForLeadership().then(() => (waited = true));
    await source.runIfLeader(() => {});
    expect(lines).toEqual(['unknown -> unknown stale']);
    expect(source.status()).toMatchObject({ standing: 'unknown', runs: 1 });
    expect(source.status().term).toBeUndefined();
    expect(waited).toBe(false);
    await source.close();
    await expect(waiting).rejects.toThrow(withCode('ERR_CLOSED'));
  });

  it.each<UnknownReason>(['not-asked', 'unreachable', 'invalid-answer'])(
    'leader runs nothing before the first answer (%s)',
    async (reason) => {
      const source = newSource({ onUnknown: 'leader' });
      source.become(unknown(reason));
      expect(await source.isLeader()).toBe(false);
      expect(await source.runIfLeader(() => expect.unreachable())).toEqual({ ran: false, reason });
    },
  );

  describe('a run that fails open', () => {
    it('has a term without a number', async () => {
      const source = newOpenSource();
      const result = await source.runIfLeader((term) => {
        expect(currentTerm()).toBe(term);
        expect(() => term.assertLeader()).not.toThrow();
        return term.number;
      });
      expect(result).toEqual({ ran: true, value: undefined });
    });

    it.each<[what: string, verdict: Verdict, aborted: boolean]>([
      ['ends when another leads', FOLLOWER, true],
      ['goes on when this pod leads', LEADER, false],
      ['goes on while nothing is known, whatever the reason', unknown('no-leader'), false],
    ])('%s', async (_what, verdict, aborted) => {
      const source = newOpenSource();
      await source.runIfLeader((term) => {
        source.become(verdict);
        expect(term.signal.aborted).toBe(aborted);
      });
    });

    it('ends when another leads, after a term of this pod', async () => {
      const source = newOpenSource();
      await source.runIfLeader(({ signal }) => {
        source.become(LEADER);
        source.become(unknown('stale'));
        expect(signal.aborted).toBe(false);
        source.become(FOLLOWER);
        expect(signal.aborted).toBe(true);
      });
    });

    it('notices in assertLeader() that another pod leads', async () => {
      const source = newOpenSource();
      await source.runIfLeader((term) => {
        source.verdict = FOLLOWER;
        expect(() => term.assertLeader()).toThrow(withCode('ERR_NOT_LEADER'));
      });
    });

    it('ends when the leader is closed', async () => {
      const source = newOpenSource();
      await source.runIfLeader(({ signal }) => {
        void source.close();
        expect(signal.aborted).toBe(true);
      });
    });

    it('lets assertLeader() throw in work that it has left behind, once another pod leads', async () => {
      const source = newOpenSource();
      const left: Term[] = [];
      await source.runIfLeader((term) => void left.push(term));
      source.become(FOLLOWER);
      expect(() => left[0]?.assertLeader()).toThrow(withCode('ERR_NOT_LEADER'));
    });
  });
});

describe('term', () => {
  it('is the present term, and undefined on a pod that does not lead', () => {
    const source = newSource();
    expect(source.term).toBeUndefined();
    source.become(LEADER);
    expect(source.term).toMatchObject({ number: 1, signal: { aborted: false } });
    source.verdict = FOLLOWER;
    expect(source.term).toBeUndefined();
  });
});

describe('whileLeading', () => {
  it('runs the task once in each term, and resolves when the leader is closed', async () => {
    const source = newSource();
    const terms: (number | undefined)[] = [];
    const done = source.whileLeading((term) => void terms.push(term.number));
    for (const verdict of [FOLLOWER, LEADER, unknown(), LEADER] as const) {
      source.become(verdict);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await source.close();
    await done;
    expect(terms).toEqual([1, 2]);
  });

  it('aborts the run with its signal, and resolves once the run has ended', async () => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    const order: string[] = [];
    const done = source.whileLeading(
      async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        order.push('run');
      },
      { signal: controller.signal },
    );
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await done.then(() => order.push('whileLeading'));
    expect(order).toEqual(['run', 'whileLeading']);
    expect(source.isLeaderNow()).toBe(true);
  });

  it('goes on after a run that rejects by the loss of its term, and reports it', async () => {
    const source = newSource();
    source.become(LEADER);
    const interrupted = vi.fn<(event: unknown) => void>();
    source.on('interrupted', interrupted);
    let runs = 0;
    const done = source.whileLeading(async function consume(term) {
      runs += 1;
      await new Promise((resolve) => term.signal.addEventListener('abort', resolve));
      term.assertLeader();
    });
    await new Promise((resolve) => setImmediate(resolve));
    source.become(FOLLOWER);
    source.become(LEADER);
    await new Promise((resolve) => setImmediate(resolve));
    expect(runs).toBe(2);
    expect(interrupted).toHaveBeenCalledWith(expect.objectContaining({ name: 'consume' }));
    await source.close();
    await done;
  });

  it('rejects with an error of the task', async () => {
    const source = newSource();
    source.become(LEADER);
    await expect(source.whileLeading(() => Promise.reject(new Error('task')))).rejects.toThrow('task');
  });

  it('resolves at once with a signal that has aborted, and on a closed leader', async () => {
    const source = newSource();
    source.become(LEADER);
    await source.whileLeading(() => expect.unreachable(), { signal: AbortSignal.abort() });
    await source.close();
    await source.whileLeading(() => expect.unreachable());
  });

  it('refuses a task that is not a function, and unknown options', async () => {
    const source = newSource();
    // @ts-expect-error -- plain JavaScript allows it
    await expect(source.whileLeading()).rejects.toThrow('task is undefined');
    // @ts-expect-error -- plain JavaScript allows it
    await expect(source.whileLeading(() => {}, { abort: 1 })).rejects.toThrow('abort is 1');
  });
});

describe('whileLeading and its signal', () => {
  it('starts no task if the signal aborts in the same tick', async () => {
    const source = newSource();
    source.become(LEADER);
    const controller = new AbortController();
    const done = source.whileLeading(() => expect.unreachable(), { signal: controller.signal });
    controller.abort();
    await done;
  });

  it('keeps the process alive while its task waits for the end of the term', async () => {
    const program = `
      import { ClusterLeaderService } from '@cluster-leader/core';
      const leader = new ClusterLeaderService({ mode: 'always', logger: {} });
      setTimeout(() => leader.close(), 300).unref();
      await leader.whileLeading(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
      console.log('ended');
    `;
    expect(await runChild(program)).toMatchObject({ code: 0, stdout: 'ended\n' });
  });
});

describe('options', () => {
  it.each<[what: string, call: (source: Source) => Promise<unknown>, message: string]>([
    // @ts-expect-error -- plain JavaScript allows it
    ['close', (source) => source.close({ drainMillis: 5 }), 'drainMillis is 5'],
    ['close with null', (source) => source.close(JSON.parse('null')), 'options is null'],
    // @ts-expect-error -- plain JavaScript allows it
    ['runIfLeader without a task', (source) => source.runIfLeader(undefined), 'task is undefined'],
    // @ts-expect-error -- plain JavaScript allows it
    ['isLeader with a wrong signal', (source) => source.isLeader({ signal: {} }), 'signal is {}'],
    // @ts-expect-error -- plain JavaScript allows it
    ['waitForLeadership with a wrong signal', (source) => source.waitForLeadership({ signal: 1 }), 'signal is 1'],
    ['options that are inherited', (source) => source.isLeader(Object.create({ maxAgeMs: 0 })), 'a plain object'],
  ])('are refused: %s', async (_what, call, message) => {
    await expect(call(newSource())).rejects.toThrow(message);
  });

  it('of close() that are wrong do not keep the leader from closing', async () => {
    const source = newSource();
    source.become(LEADER);
    await expect(source.close({ drainMs: Number.NaN })).rejects.toThrow('drainMs is NaN');
    expect(source.standing).toBe('unknown');
  });
});

describe('a run that nobody awaits', () => {
  it('does not end in an unhandled rejection if its term ends, unlike one that fails by itself', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const source = newSource();
    source.become(LEADER);
    const lost = source.runIfLeader(async (term) => {
      await new Promise((resolve) => term.signal.addEventListener('abort', resolve));
      term.assertLeader();
    });
    void lost.finally(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    source.become(FOLLOWER);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
    await expect(lost).rejects.toThrow(withCode('ERR_NOT_LEADER'));
  });
});

describe('gate with onSkip', () => {
  it('calls it with the reason in place of the function, and returns what it returns', async () => {
    const source = newSource();
    source.become(unknown('settling'));
    const gated = source.gate(() => 'ran', { name: 'report', onSkip: (reason) => `skipped: ${reason}` });
    expect(await gated()).toBe('skipped: settling');
    source.become(LEADER);
    expect(await gated()).toBe('ran');
  });
});

describe('close with drainMs', () => {
  it('waits for gated runs, whose signals have aborted', async () => {
    const source = newSource();
    source.become(LEADER);
    const order: string[] = [];
    const run = source.runIfLeader(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise((resolve) => setImmediate(resolve));
      order.push('run');
    });
    await new Promise((resolve) => setImmediate(resolve));
    await source.close({ drainMs: 60_000 });
    order.push('closed');
    await run;
    expect(order).toEqual(['run', 'closed']);
  });

  it('stops waiting at the limit, and warns of what still runs', async () => {
    const warn = vi.fn<(message: string) => void>();
    const source = newSource({ logger: { warn } });
    source.become(LEADER);
    void source.runIfLeader(() => new Promise(() => {}), { name: 'report' });
    await new Promise((resolve) => setImmediate(resolve));
    await source.close({ drainMs: 5 });
    expect(warn).toHaveBeenCalledExactlyOnceWith('Still running 5 ms after close(): report.');
  });

  it('refuses a limit that is not a time', async () => {
    await expect(newSource().close({ drainMs: -1 })).rejects.toThrow('drainMs is -1');
  });
});

describe('election', () => {
  it('names the election in status and in the log', () => {
    const info = vi.fn<(message: string) => void>();
    const source = newSource({ election: 'billing', logger: { info } });
    source.become(LEADER);
    expect(source.status()).toMatchObject({ election: 'billing', standing: 'leader' });
    expect(info).toHaveBeenCalledWith('This pod was elected in billing: term 1 begins.');
  });

  it('refuses a name that is empty', () => {
    expect(() => newSource({ election: '' })).toThrow("election is ''");
  });
});

describe('isLeader', () => {
  it.each<unknown>([-1, Number.NaN, Number.POSITIVE_INFINITY, '100', null])(
    'rejects a maxAgeMs of %s',
    async (maxAgeMs) => {
      const source = newSource();
      // @ts-expect-error -- plain JavaScript allows it
      const asked = source.isLeader({ maxAgeMs });
      await expect(asked).rejects.toThrow(withCode('ERR_INVALID_OPTION'));
      await expect(asked).rejects.toThrow('maxAgeMs is');
    },
  );

  it.each([0, 0.5, 100, undefined])('passes a maxAgeMs of %s on', async (maxAgeMs) => {
    const source = newSource();
    await source.isLeader({ maxAgeMs });
    expect(source.checks).toEqual([maxAgeMs]);
  });

  it('rejects with the reason of a signal that has aborted, without a check', async () => {
    const source = newSource();
    await expect(source.isLeader({ signal: AbortSignal.abort(new Error('given up')) })).rejects.toThrow('given up');
    expect(source.checks).toEqual([]);
  });
});

describe('status', () => {
  it('returns what is known as a plain object', () => {
    const source = newSource();
    expect(source.status()).toEqual({ standing: 'unknown', reason: 'not-asked', runs: 0, skips: {} });
    source.become(FOLLOWER);
    expect(source.status()).toEqual({ standing: 'follower', runs: 0, skips: {} });
    source.become(LEADER);
    const term = { number: 1, electedAt: source.present?.electedAt };
    expect(source.status()).toEqual({ standing: 'leader', term, runs: 0, skips: {} });
    expect(JSON.parse(JSON.stringify(source.status()))).toMatchObject({ term: { number: 1 } });
  });
});

describe('close', () => {
  it('is idempotent, and emits the end once', async () => {
    const source = newSource();
    source.become(LEADER);
    const lines = record(source);
    await Promise.all([source.close(), source.close()]);
    await source[Symbol.asyncDispose]();
    expect(lines).toEqual(['demoted 1 closed', 'leader -> unknown closed']);
    expect(source.status()).toMatchObject({ standing: 'unknown', reason: 'closed' });
  });

  it('is for good, whatever is learnt later', async () => {
    const source = newSource();
    await source.close();
    const lines = record(source);
    source.become(LEADER);
    expect(source.standing).toBe('unknown');
    expect(source.isLeaderNow()).toBe(false);
    expect(source.present).toBeUndefined();
    expect(lines).toEqual([]);
  });
});
