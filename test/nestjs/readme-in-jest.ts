import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Jest configuration of a new Nest 11 app, without coverage. */
const CONFIG = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  testRegex: String.raw`reports\.spec\.ts$`,
  transform: { [String.raw`^.+\.(t|j)s$`]: 'ts-jest' },
  testEnvironment: 'node',
};

/**
 * Runs the README's example of a test in `app` with Jest, and with the line that the README adds to the configuration.
 */
export async function runReadmeTestInJest(
  app: string,
  run: (command: string, args: readonly string[], cwd: string) => Promise<void>,
): Promise<void> {
  const readme = readFileSync(new URL('../../packages/nestjs/README.md', import.meta.url), 'utf8');
  const example = [...readme.matchAll(/^```ts\n(.*?)^```/gms)]
    .map(([, code]) => code)
    .find((code) => code?.includes('fakeLeader'));
  const added = /^```json\n("transformIgnorePatterns".*?)\n```/ms.exec(readme)?.[1];
  assert.ok(
    example !== undefined && added !== undefined,
    'the README has a test, and a line of configuration for Jest',
  );
  const [, imports = '', code = ''] = /^((?:import [^\n]*\n)*)(.*)$/s.exec(example) ?? [];
  const spec = `import { expect, it } from '@jest/globals';
${imports}
it('runs on the leader only', async () => {
const printed: unknown[] = [];
${code.replaceAll(/console\.log\((.*)\);/g, 'printed.push($1);')}
expect(printed).toEqual([undefined, 'sent']);
});`;
  writeFileSync(join(app, 'reports.spec.ts'), spec);
  writeFileSync(join(app, 'jest.config.json'), JSON.stringify({ ...CONFIG, ...JSON.parse(`{${added}}`) }));
  await run(process.execPath, [join('node_modules', 'jest', 'bin', 'jest.js')], app);
}
