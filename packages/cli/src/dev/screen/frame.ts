import { styleText } from 'node:util';
import type { ReplicaView } from '../../replicas/replica-view.ts';
import { painted } from '../colours.ts';
import { KEYS } from './keys.ts';
import type { LogLine, LogLines } from './log-lines.ts';
import { exitInWords } from '../narrate.ts';
import type { Cell, Mark, Timeline } from './timeline.ts';

/** Everything that the screen shows. */
export interface Scene {
  readonly title: string;
  readonly replicas: readonly ReplicaView[];
  /** The index of the replica that the keys act on. */
  readonly chosen: number;
  readonly timeline: Timeline;
  readonly log: Pick<LogLines, 'newest'>;
  /** Whether the replicas are being ended. */
  readonly isEnding: boolean;
}

/** The size of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const GLYPHS: Readonly<Record<Mark, string>> = {
  leads: '█',
  'paused-leader': '▒',
  follows: '─',
  paused: '·',
  dead: ' ',
};

const NO_LOCK = 'no lock: the sidecar says that it leads; an app with lockRecord does not';

/** Draws the scene at `nowMs` as lines that fit the terminal. */
export function frame(scene: Scene, { columns, rows }: Size, nowMs: number): readonly string[] {
  const { title, replicas, timeline, log } = scene;
  const nameWidth = Math.max(...replicas.map(({ name }) => name.length));
  const head = replicas.map((replica, index) => cut(label(replica, index, scene, nameWidth), columns));
  const labelWidth = Math.max(...head.map((text) => text.length));
  const gap = '  '.slice(0, columns - labelWidth);
  const seconds = columns - labelWidth - gap.length;
  const bars = replicas.map(({ name }) => timeline.cells(name, seconds, nowMs).map(drawn).join(''));
  const top = [
    bold(cut(`cluster-leader dev · term ${timeline.terms} · ${title}`, columns, '…')),
    ...replicas.map((replica, index) => `${styled(head[index] ?? '', labelWidth, replica)}${gap}${bars[index]}`),
    dim(scale(labelWidth + gap.length, seconds)),
    ...keyLines(scene, columns).map((line) => cut(line, columns)),
    ...(replicas.some(leadsWithoutLock) ? [cut(NO_LOCK, columns)] : []),
    '',
  ].slice(0, rows);
  const lines = log.newest(rows - top.length).map((line) => logLine(line, replicas, nameWidth, columns));
  return [...top, ...lines];
}

function label(replica: ReplicaView, index: number, { chosen, replicas }: Scene, nameWidth: number): string {
  const { name, port } = replica;
  const number = String(index + 1).padStart(String(replicas.length).length);
  return `${index === chosen ? '>' : ' '} ${number} ${name.padEnd(nameWidth)} :${port} ${standing(replica).padEnd(14)}`;
}

function standing({ state, leads, holdsLock, isCutOff, exit, problem }: ReplicaView): string {
  if (state === 'dead') return `dead (${problem === undefined && exit !== undefined ? exitInWords(exit) : 'no start'})`;
  const part = state === 'running' ? (leads ? (holdsLock ? 'leads' : 'no lock') : 'follows') : state;
  return isCutOff ? `${part}, cut off` : part;
}

function leadsWithoutLock({ state, leads, holdsLock }: ReplicaView): boolean {
  return state === 'running' && leads && !holdsLock;
}

function styled(text: string, width: number, { state, leads }: ReplicaView): string {
  const padded = text.padEnd(width);
  if (state === 'dead') return styleText('red', padded, { stream: process.stdout });
  return leads ? styleText(['bold', 'green'], padded, { stream: process.stdout }) : padded;
}

/** The first second of a term shows the last digit of its number. */
function drawn(cell: Cell | undefined): string {
  if (cell === undefined) return ' ';
  const glyph = cell.term === undefined ? GLYPHS[cell.mark] : String(cell.term % 10);
  if (cell.mark === 'leads') return styleText('green', glyph, { stream: process.stdout });
  return cell.mark === 'paused-leader' ? styleText('yellow', glyph, { stream: process.stdout }) : dim(glyph);
}

function scale(from: number, seconds: number): string {
  if (seconds < 12) return '';
  return `${' '.repeat(from)}${`${seconds} s ago`.padEnd(seconds - 3)}now`;
}

/** Explains the keys, on as many lines as that needs at this width. */
function keyLines({ replicas, chosen, isEnding }: Scene, columns: number): readonly string[] {
  if (isEnding) return ['ending with SIGTERM; Ctrl-C again kills at once'];
  const [first = '', ...keys] = KEYS;
  const choice = replicas.length > 1 ? [`1-${Math.min(9, replicas.length)} choose`] : [];
  const lines = [`${replicas[chosen]?.name ?? ''}: ${first}`];
  for (const key of [...keys, ...choice]) {
    const longer = `${lines.at(-1)}  ${key}`;
    if (longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(key);
  }
  return lines;
}

function logLine(
  { replica, text }: LogLine,
  replicas: readonly ReplicaView[],
  nameWidth: number,
  columns: number,
): string {
  const index = replicas.findIndex(({ name }) => name === replica);
  const prefix = `${(replica ?? 'dev').padEnd(nameWidth)} │ `;
  const rest = cut(text, columns - prefix.length);
  return index === -1 ? dim(prefix + rest) : painted(index, prefix, process.stdout) + rest;
}

/** Cuts a text that is too long, and marks its end with `mark`. */
function cut(text: string, width: number, mark = ''): string {
  if (text.length <= width) return text;
  return (text.slice(0, Math.max(0, width - mark.length)) + mark).slice(0, Math.max(0, width));
}

function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout });
}
