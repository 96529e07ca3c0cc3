import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { History } from '../../examples/demo/history.ts';
import { table } from '../../examples/demo/view.ts';

it('shows in 50 columns which replica ran the job in each second, or that none did', () => {
  const history = new History();
  history.elected('pod-1', 0);
  history.ran('pod-1', 1_000);
  history.killed('pod-1', 1_500);
  history.elected('pod-3', 2_500);
  history.ran('pod-3', 3_000);
  const lines = table(['pod-1', 'pod-2', 'pod-3'], new Set(['pod-1']), history, 4_000);
  expect(lines.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual([
    '  tick        pod-1 died  pod-2       pod-3 leads',
    '  00:00:01    █           ·           ·',
    '  00:00:02    no leader',
    '  00:00:03    ·           ·           █',
  ]);
  for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(50);
});
