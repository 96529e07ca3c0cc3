// A leader is paused in the middle of its job, another one takes over and stores its report, and the first one wakes up.
// The database refuses its late write, because it carries an older fencing token. The control, without tokens, overwrites.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startElection, type Candidate } from '@cluster-leader/testing';
import { startPostgres } from 'example-postgres';
import { Pool } from 'pg';

/** Short, so that the take-over comes soon; real leases are 10 to 15 s. */
const LEASE_MS = 2_000;
const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

interface Outcome {
  readonly control: boolean;
  /** The pod whose report is in the table at the end. */
  readonly author: string;
  /** What became of the write of the leader that was paused. */
  readonly lateWrite: string;
}

const asJson = process.argv.includes('--json');
const say = (line: string): void => {
  if (!asJson) console.log(line);
};

/** Runs the story once, in a table of its own. */
async function tell(url: string, control: boolean): Promise<Outcome> {
  const pool = new Pool({ connectionString: url });
  await pool.query('drop table if exists reports');
  await pool.query('create table reports (name text primary key, author text not null, token bigint not null)');
  await pool.query(`insert into reports values ('monthly', 'nobody', 0)`);
  const election = await startElection({
    candidates: 2,
    dialect: 'krmcbride',
    leaseDurationMs: LEASE_MS,
    processes: true,
  });
  const [first, second] = election.candidates.map((candidate) => new Replica(candidate, url, control));
  if (first === undefined || second === undefined) throw new Error('There are two candidates.');
  try {
    say(`${first.name} leads and computes, with token ${await first.reaches('computes')}. It is paused.`);
    await first.pause();
    say(`${second.name} takes over and computes, with token ${await second.reaches('computes')}.`);
    await second.reaches('stored');
    say(`${second.name} has stored its report. ${first.name} wakes up and tries to store its own.`);
    await first.resume();
    const lateWrite = await first.reachesOneOf(['stored', 'refused']);
    const { rows } = await pool.query<{ author: string }>('select author from reports');
    const author = rows[0]?.author ?? '';
    say(`The write of ${first.name} was ${lateWrite}. The report in the table is by ${author}.\n`);
    return { control, author, lateWrite };
  } finally {
    await Promise.all([first.end(), second.end()]);
    await election.close();
    await pool.end();
  }
}

/** A pod: the writer and its sidecar, which pause and continue together, as a frozen machine does. */
class Replica {
  readonly name: string;
  readonly #candidate: Candidate;
  readonly #process;
  readonly #said = new Map<string, string>();
  #onLine = (): void => {};

  constructor(candidate: Candidate, url: string, control: boolean) {
    this.name = candidate.name;
    this.#candidate = candidate;
    const flags = ['--conditions=@cluster-leader/source', WRITER, ...(control ? ['--without-token'] : [])];
    this.#process = spawn(process.execPath, flags, {
      env: { ...process.env, ...candidate.env, DATABASE_URL: url, CLUSTER_LEADER_LEASE: `${LEASE_MS}ms` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface(this.#process.stdout).on('line', (line) => {
      const [word = '', token = ''] = line.split(' ');
      this.#said.set(word, token);
      this.#onLine();
    });
  }

  /** Resolves with the token once the writer has said `word`. */
  async reaches(word: string): Promise<string> {
    await this.reachesOneOf([word]);
    return this.#said.get(word) ?? '';
  }

  /** Resolves with the first of these words that the writer says. */
  reachesOneOf(words: readonly string[]): Promise<string> {
    return new Promise((resolve) => {
      this.#onLine = () => {
        const word = words.find((one) => this.#said.has(one));
        if (word !== undefined) resolve(word);
      };
      this.#onLine();
    });
  }

  async pause(): Promise<void> {
    this.#process.kill('SIGSTOP');
    await this.#candidate.pause();
  }

  async resume(): Promise<void> {
    await this.#candidate.resume();
    this.#process.kill('SIGCONT');
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL'); // also ends a process that is paused
    await exited;
  }
}

const database = await startPostgres();
const outcomes: Outcome[] = [];
try {
  say('With fencing tokens:');
  outcomes.push(await tell(database.url, false));
  say('Without:');
  outcomes.push(await tell(database.url, true));
} finally {
  await database.stop();
}
if (asJson) console.log(JSON.stringify(outcomes));
process.exitCode = outcomes[0]?.lateWrite === 'refused' ? 0 : 1;
