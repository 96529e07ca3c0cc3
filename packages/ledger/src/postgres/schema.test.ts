import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { POSTGRES_SCHEMA } from './schema.ts';

it('ships the tables as SQL', () => {
  expect(readFileSync(new URL('../../postgres.sql', import.meta.url), 'utf8')).toBe(POSTGRES_SCHEMA);
});
