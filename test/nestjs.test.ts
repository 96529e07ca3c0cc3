import { describe, it } from 'vitest';
import { gating } from './nestjs/cases/gating.ts';
import { http } from './nestjs/cases/http.ts';
import { life } from './nestjs/cases/life.ts';
import { wiring } from './nestjs/cases/wiring.ts';

// The same cases run in apps of both majors that have installed the packed packages: see nestjs/check.ts.
describe('@cluster-leader/nestjs', () => {
  for (const { title, run } of [...wiring, ...life, ...http]) it(title, () => run());
  for (const { title, run } of gating) it.concurrent(title, () => run());
});
