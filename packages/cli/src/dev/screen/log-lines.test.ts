import { expect, it } from 'vitest';
import { withoutPasswords } from './log-lines.ts';

it.each([
  { text: 'node app.js --db postgres://me:hunter2@db/app', shown: 'node app.js --db postgres://***@db/app' },
  { text: 'DB=redis://:hun/ter@2@db node .', shown: 'DB=redis://***@db node .' },
  { text: 'curl "http://me:hunter2@a" http://b/c', shown: 'curl "http://***@a" http://b/c' },
  { text: 'npx @cluster-leader/cli dev', shown: 'npx @cluster-leader/cli dev' },
])('hides passwords: $text', ({ text, shown }) => {
  expect(withoutPasswords(text)).toBe(shown);
});
