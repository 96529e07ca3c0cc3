import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

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
