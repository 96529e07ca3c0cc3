import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { Job } from 'agenda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { probeAgenda } from './check-agenda.ts';
import { gateJobRuns } from '../runs/gate-job-runs.ts';

const TESTED_VERSION = '6.2.6';
const manifest = createRequire(import.meta.url)
  .resolve('agenda')
  .replace(/dist[\\/]index\.js$/, 'package.json');
const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));

describe(`The check of Agenda's calls, tested with Agenda ${TESTED_VERSION},`, () => {
  afterEach(() => vi.restoreAllMocks());

  it('passes with the installed version', async () => {
    expect(version).toBe(TESTED_VERSION);
    await probeAgenda();
  });

  it.each([
    {
      what: 'runs a job before it saves its start',
      async run(this: Job) {
        await this.runJob();
        await this.agenda.db.saveJobState(this.attrs, undefined);
      },
      calls: /'process outside of a term'/,
    },
    {
      what: 'calls a method of the repository that the gate does not know',
      async run(this: Job) {
        Reflect.get(this.agenda.db, 'lockAgain')();
        await this.agenda.db.saveJobState(this.attrs, undefined);
      },
      calls: /lockAgain/,
    },
  ])('rejects if Agenda $what', async (agenda) => {
    gateJobRuns(() => undefined); // must patch before the spy does, or it would replace the spy
    vi.spyOn(Job.prototype, 'run').mockImplementation(agenda.run); // oxlint-disable-line typescript/unbound-method -- called with the job as `this`
    const error = await probeAgenda().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(agenda.calls) });
  });

  it('rejects if Agenda does not call fail() on a job that has rejected', async () => {
    vi.spyOn(Job.prototype, 'runJob').mockImplementation(async function runJob(this: Job) {
      const { [this.attrs.name]: definition } = this.agenda.definitions;
      await Promise.allSettled([(async () => definition?.fn(this, () => {}))()]);
    });
    await expect(probeAgenda()).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining('a version that calls fail() on a job before it saves its end'),
    });
  });
});
