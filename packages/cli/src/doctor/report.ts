import type { Finding } from './finding.ts';

const COLUMNS = 80;
const LEVEL_WIDTH = 9;
const CHECK_WIDTH = 11;

/** Formats the findings for 80 columns, with the number of faults and warnings at the end. */
export function report(findings: readonly Finding[]): string {
  const blocks = findings.flatMap(({ level, check, what, change }) => [
    ...paragraph(`${level.padEnd(LEVEL_WIDTH)}${check.padEnd(CHECK_WIDTH)}`, what),
    ...(change === undefined ? [] : paragraph(`${''.padEnd(LEVEL_WIDTH)}${'change:'.padEnd(CHECK_WIDTH)}`, change)),
  ]);
  const faults = findings.filter(({ level }) => level === 'fault').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  return [...blocks, '', `${counted(faults, 'fault')}, ${counted(warnings, 'warning')}`].join('\n');
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}

/** Breaks the first line of `text` between words, and a word only if it is longer than a line. The others stay as they are. */
function paragraph(start: string, text: string): readonly string[] {
  const [sentences = '', ...manifest] = text.split('\n');
  return [...wrapped(start, sentences), ...manifest];
}

function wrapped(start: string, text: string): readonly string[] {
  const width = COLUMNS - start.length;
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? []);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => (index === 0 ? start : ' '.repeat(start.length)) + line);
}
