import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { Job } from 'agenda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { probeAgenda } from './check-agenda.ts';
import { gateRuns } from './job-runs.ts';

const SEEN_WITH = '6.2.6';
const manifest = createRequire(import.meta.url)
  .resolve('agenda')
  .replace(/dist[\\/]index\.js$/, 'package.json');
const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));

describe(`The order of calls that the gate relies on, seen with Agenda ${SEEN_WITH}`, () => {
  afterEach(() => vi.restoreAllMocks());

  it('is that of the version that is installed here', async () => {
    expect(version).toBe(SEEN_WITH);
    await probeAgenda();
  });

  it.each([
    {
      what: 'runs a job before it saves it as begun',
      async run(this: Job) {
        await this.runJob();
        await this.agenda.db.saveJobState(this.attrs, undefined);
      },
      calls: /'process outside of a term'/,
    },
    {
      what: 'asks the repository for what the gate does not know',
      async run(this: Job) {
        Reflect.get(this.agenda.db, 'lockAgain')();
        await this.agenda.db.saveJobState(this.attrs, undefined);
      },
      calls: /lockAgain/,
    },
  ])('is refused at the start if Agenda $what', async (agenda) => {
    gateRuns(() => undefined); // before the spy, so that the spy is what Agenda calls
    vi.spyOn(Job.prototype, 'run').mockImplementation(agenda.run); // oxlint-disable-line typescript/unbound-method -- the job is its `this`
    const error = await probeAgenda().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(agenda.calls) });
  });

  it('is refused at the start if Agenda does not call fail() on a job that has rejected', async () => {
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
