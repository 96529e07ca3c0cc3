import { Pool } from 'pg';
import type { Bill } from './demo-event.ts';

interface Row {
  readonly id: number;
  readonly slot: Date;
  readonly pod: string;
  readonly attempt: number;
  readonly made_up: boolean;
  readonly at: Date;
}

/** The table that the job writes to. It has no unique key, so that a second run of a slot would show. */
export class Bills {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url });
  }

  /** Creates the table anew. */
  async create(): Promise<void> {
    await this.#pool.query(`
      drop table if exists bills;
      create table bills (
        id serial, slot timestamptz not null, pod text not null, attempt int not null, made_up boolean not null,
        at timestamptz not null default clock_timestamp()
      )`);
  }

  async all(): Promise<readonly Bill[]> {
    const { rows } = await this.#pool.query<Row>('select id, slot, pod, attempt, made_up, at from bills order by at');
    return rows.map(({ id, slot, pod, attempt, made_up: madeUp, at }) => {
      return { id, slotMs: slot.getTime(), pod, attempt, madeUp, atMs: at.getTime() };
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
