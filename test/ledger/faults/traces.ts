import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';

/** What the job knows of the run in which it is. */
interface TracedRun {
  readonly slot: Date;
  readonly attempt: number;
  readonly madeUp: boolean;
}

/** A row of the table: one call of the job. */
export interface Trace {
  readonly slotMs: number;
  readonly pod: string;
  readonly attempt: number;
  readonly madeUp: boolean;
  readonly hasEnded: boolean;
}

/** The table in which the job of all replicas leaves a row for each of its calls. Nothing but the job keeps a slot to one row. */
export class Traces {
  readonly #pool: Pool;
  readonly #table: string;

  constructor(pool: Pool, space: string) {
    this.#pool = pool;
    this.#table = `traces_${space}`;
  }

  async create(): Promise<void> {
    await this.#pool.query(
      `create table ${this.#table} (
        id uuid primary key, slot bigint not null, pod text not null,
        attempt int not null, made_up boolean not null, has_ended boolean not null default false
      )`,
    );
  }

  /** Adds a row, and resolves with a function that marks it as ended. */
  async begin(pod: string, { slot, attempt, madeUp }: TracedRun): Promise<() => Promise<void>> {
    const id = randomUUID();
    await this.#pool.query(`insert into ${this.#table} (id, slot, pod, attempt, made_up) values ($1, $2, $3, $4, $5)`, [
      id,
      slot.getTime(),
      pod,
      attempt,
      madeUp,
    ]);
    return async () => void (await this.#pool.query(`update ${this.#table} set has_ended = true where id = $1`, [id]));
  }

  /** Resolves with all rows up to a slot. */
  async upTo(lastMs: number): Promise<readonly Trace[]> {
    const { rows } = await this.#pool.query<Trace>(
      `select slot::float8 as "slotMs", pod, attempt, made_up as "madeUp", has_ended as "hasEnded"
       from ${this.#table} where slot <= $1 order by slot, attempt`,
      [lastMs],
    );
    return rows;
  }

  async drop(): Promise<void> {
    await this.#pool.query(`drop table ${this.#table}`);
  }
}
