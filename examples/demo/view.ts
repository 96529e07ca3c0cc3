import { styleText } from 'node:util';
import type { History, Summary } from './history.ts';

/** An event of a replica; `tick` is the second of the schedule for which the job ran. */
export interface DemoEvent {
  readonly atMs: number;
  readonly replica: string;
  readonly what: 'elected' | 'demoted' | 'ran' | 'killed';
  readonly tick?: string;
}

/** Shows the demo: as a table on a terminal, otherwise as lines, or as lines of JSON for a program. */
export interface View {
  /** Receives each event, already recorded in the history. */
  show(event: DemoEvent, history: History): void;
  /** Called once a second, because the table needs a new row even if nothing happens. */
  refresh?(history: History): void;
  /** Shows the totals at the end. */
  end(summary: Summary): void;
}

const ROWS = 12;
/** The width of a column: with three replicas the table fits 50 characters. */
const WIDTH = 12;
/** Turns line wrapping off, so that every line takes one row and the next picture starts at the right place. */
const NO_WRAP = '\u001B[?7l';
const WRAP = '\u001B[?7h';

/** Returns the view for the place where the output goes. */
export function chooseView(replicas: readonly string[], asJson: boolean): View {
  if (asJson) return jsonView();
  return process.stdout.isTTY ? tableView(replicas) : lineView();
}

function jsonView(): View {
  return {
    show: (event) => console.log(JSON.stringify(event)),
    end: (summary) => console.log(JSON.stringify({ what: 'summary', ...summary })),
  };
}

function lineView(): View {
  return {
    show({ atMs, replica, what, tick }) {
      console.log(
        `${clock(atMs)}  ${replica}  ${what === 'ran' ? `ran the tick of ${clock(Date.parse(tick ?? ''))}` : what}`,
      );
    },
    end: (summary) => console.log(`\n${inWords(summary)}`),
  };
}

function tableView(replicas: readonly string[]): View {
  const killed = new Set<string>();
  let height = 0;
  const draw = (lines: readonly string[]): void => {
    const up = height === 0 ? '' : `\u001B[${height}A\u001B[0J`;
    const all = [...TITLE, '', ...lines];
    process.stdout.write(`${up}${NO_WRAP}${all.join('\n')}${WRAP}\n`);
    height = all.length;
  };
  draw(['  starting three sidecars and three replicas ...']);
  const refresh = (history: History): void => draw(table(replicas, killed, history, Date.now()));
  return {
    show({ replica, what }, history) {
      if (what === 'killed') killed.add(replica);
      refresh(history);
    },
    refresh,
    end: (summary) => console.log(`\n${inWords(summary)}`),
  };
}

const TITLE = ['One job a second, three replicas: one runs it.', 'Half-way, the leader is killed.'];

/** Returns a table of the newest seconds: a row for each, with the replica that ran the job. */
export function table(
  replicas: readonly string[],
  killed: ReadonlySet<string>,
  history: History,
  nowMs: number,
): readonly string[] {
  const names = replicas.map((name) => {
    if (killed.has(name)) return styleText('red', `${name} died`.padEnd(WIDTH));
    return name === history.leader ? styleText(['bold', 'green'], `${name} leads`.padEnd(WIDTH)) : name.padEnd(WIDTH);
  });
  const rows = history
    .ticks(nowMs - 1_000)
    .slice(-ROWS)
    .map(({ atMs, ranOn }) => `  ${clock(atMs).padEnd(WIDTH)}${cells(replicas, ranOn)}`);
  return [`  ${'tick'.padEnd(WIDTH)}${names.join('')}`, ...rows];
}

function cells(replicas: readonly string[], ranOn: readonly string[]): string {
  if (ranOn.length === 0) return styleText('yellow', 'no leader');
  const runs = replicas.map((name) => {
    const count = ranOn.filter((other) => other === name).length;
    if (count === 0) return styleText('dim', '·'.padEnd(WIDTH));
    return styleText(ranOn.length > 1 ? 'red' : 'green', '█'.repeat(count).padEnd(WIDTH));
  });
  return runs.join('');
}

function inWords({ ticks, runs, duplicates, ticksWithoutLeader, takeOverSeconds }: Summary): string {
  return [
    `  ticks                   ${ticks}`,
    `  runs                    ${runs}`,
    `  duplicates              ${duplicates}`,
    `  ticks without a leader  ${ticksWithoutLeader}`,
    `  seconds to take over    ${takeOverSeconds ?? 'never'}`,
  ].join('\n');
}

function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}
