import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as adapterKit from '@cluster-leader/core/adapter-kit';
import { describe, expect, it } from 'vitest';
import { ADMITTED, type Window } from './support/replay/admitted.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules', '**/dist'] });

describe('A page', () => {
  it.each(PAGES)('%s has no link to a file or a heading that is not there', (page) => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
    const broken = links.filter((link) => !/^https?:/.test(link) && !isThere(page, link));
    expect(broken).toEqual([]);
  });
});

it('docs/errors has a page for each error code, and no other', () => {
  const source = readFileSync(join(ROOT, 'packages/core/src/errors.ts'), 'utf8');
  const codes = [...source.matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code ?? '');
  const pages = globSync('docs/errors/*.md', { cwd: ROOT }).map((page) => basename(page, '.md'));
  expect(pages.toSorted()).toEqual(codes.toSorted());
});

it('docs/adapters.md has each export of the adapter kit', () => {
  const page = readFileSync(join(ROOT, 'docs/adapters.md'), 'utf8');
  expect(Object.keys(adapterKit).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

describe.each([
  ['docs/design/belief.md', /(?<!lock |ledger )\brule (\d+)/gi, /^## Rule (\d+):/gm],
  ['docs/design/lock-rules.md', /\block rule (\d+)/gi, /^## Lock rule (\d+):/gm],
  ['docs/design/ledger-rules.md', /\bledger rule (\d+)/gi, /^\*\*Ledger rule (\d+):/gm],
])('%s', (path, citation, heading) => {
  it('has each rule that the code cites', () => {
    const sources = globSync('packages/*/src/**/*.ts', { cwd: ROOT }).map((file) =>
      readFileSync(join(ROOT, file), 'utf8'),
    );
    const cited = sources.flatMap((source) => [...source.matchAll(citation)].map(([, number]) => number));
    const rules = [...readFileSync(join(ROOT, path), 'utf8').matchAll(heading)].map(([, number]) => number);
    expect(cited).not.toEqual([]);
    expect(rules).toEqual(expect.arrayContaining(cited));
  });
});

describe('The table of times in docs/guarantees.md', () => {
  const page = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8');

  it.each([...[10_000, 15_000, 3_000].entries()])(
    'has in column %i the defaults for a lease of %i ms',
    (column, lease) => {
      const defaults = Object.entries(adapterKit.resolveTiming({}, lease));
      const rows = defaults.map(([option]) =>
        new RegExp(`^\\| \`${option}\` +\\|(.*)\\|$`, 'm').exec(page)?.[1]?.split('|'),
      );
      expect(rows.map((cells) => Number(cells?.[column + 1]?.replaceAll(' ', '')))).toEqual(
        defaults.map(([, ms]) => ms),
      );
    },
  );
});

describe('The windows in docs/guarantees.md', () => {
  const rows = windowsIn('docs/guarantees.md');

  it.each(ADMITTED)('include $sidecar, $fault, with the figure that the tests admit', (window) => {
    const seconds = (window.longestMs / 1_000).toFixed(1);
    const row = rows.find(
      ({ sidecar, fault }) => sidecar === SIDECARS[window.sidecar] && fault === FAULTS[window.fault],
    );
    expect(row?.length).toMatch(new RegExp(`^${seconds} s\\b`));
  });

  it('include no other that was recorded', () => {
    expect(rows.filter(({ length }) => !length.startsWith('not recorded; '))).toHaveLength(ADMITTED.length);
  });
});

/** What the page calls the sidecars and the faults. */
const SIDECARS: Readonly<Record<string, string>> = {
  '0.5': '0.5',
  head: 'contrib HEAD',
  instana: 'instana',
  krmcbride: 'krmcbride',
  nais: 'nais',
  vapor: 'vapor',
};
const FAULTS: Readonly<Record<Window['fault'], string>> = {
  'black hole of the leader': 'black hole',
  'leader cut off by resets': "the leader's connections are reset",
  'leader alone slow': "only the leader's path is 3 s slow",
  'lock deleted': 'lock object deleted by hand',
  'pod object deleted': 'pod object force-deleted while the pod lives',
};

interface WindowRow {
  readonly sidecar: string;
  readonly fault: string;
  readonly length: string;
}

function windowsIn(page: string): readonly WindowRow[] {
  const [, table = ''] =
    /<!-- windows.*?-->(.*?)<!-- \/windows -->/s.exec(readFileSync(join(ROOT, page), 'utf8')) ?? [];
  return [...table.matchAll(/^\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm)]
    .slice(2) // the heading and the line below it
    .map(([, sidecar = '', fault = '', length = '']) => ({ sidecar, fault, length }));
}

function isThere(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return false;
  if (heading === undefined) return true;
  return headingsOf(target.endsWith('.md') ? target : join(target, 'README.md')).includes(heading);
}

/** The anchors that a Markdown renderer makes of a page's headings. */
function headingsOf(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The page without its code. */
function proseOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
}
