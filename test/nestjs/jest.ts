import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Nest 11's own configuration of Jest, but for its coverage. */
const CONFIG = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  testRegex: String.raw`reports\.spec\.ts$`,
  transform: { [String.raw`^.+\.(t|j)s$`]: 'ts-jest' },
  testEnvironment: 'node',
};

/** Runs the README's example of a test in `app` by Jest, with what the README adds to its configuration. */
export async function testReadme(
  app: string,
  run: (command: string, args: readonly string[], cwd: string) => Promise<void>,
): Promise<void> {
  const readme = readFileSync(new URL('../../packages/nestjs/README.md', import.meta.url), 'utf8');
  const example = [...readme.matchAll(/^```ts\n(.*?)^```/gms)]
    .map(([, code]) => code)
    .find((code) => code?.includes('fakeLeader'));
  const added = /^```json\n("transformIgnorePatterns".*?)\n```/ms.exec(readme)?.[1];
  assert.ok(example !== undefined && added !== undefined, 'the README has a test, and a line for Jest');
  const [, imports = '', code = ''] = /^((?:import [^\n]*\n)*)(.*)$/s.exec(example) ?? [];
  const spec = `import { expect, it } from '@jest/globals';
${imports}
it('runs on the leader alone', async () => {
const said: unknown[] = [];
${code.replaceAll(/console\.log\((.*)\);/g, 'said.push($1);')}
expect(said).toEqual([undefined, 'sent']);
});`;
  writeFileSync(join(app, 'reports.spec.ts'), spec);
  writeFileSync(join(app, 'jest.config.json'), JSON.stringify({ ...CONFIG, ...JSON.parse(`{${added}}`) }));
  await run(process.execPath, [join('node_modules', 'jest', 'bin', 'jest.js')], app);
}
