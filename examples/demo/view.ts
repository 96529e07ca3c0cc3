import { styleText } from 'node:util';
import type { History, Summary } from './history.ts';

/** Something that happened to a replica. */
export interface DemoEvent {
  readonly atMs: number;
  readonly replica: string;
  readonly what: 'elected' | 'demoted' | 'ran' | 'killed';
  readonly tick?: string;
}

/** Shows the run as it goes on: drawn on a terminal, as lines elsewhere, as JSON lines for a machine. */
export interface View {
  show(event: DemoEvent, history: History): void;
  /** Called once a second: time passes on a terminal also while nothing happens. */
  refresh?(history: History): void;
  end(summary: Summary): void;
}

const ROWS = 12;
const WIDTH = 14;

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
    process.stdout.write(`${up}${lines.join('\n')}\n`);
    height = lines.length;
  };
  const head = ({ leader }: History): string => {
    const cells = replicas.map((name) => {
      if (killed.has(name)) return styleText('red', `${name} killed`.padEnd(WIDTH));
      return name === leader ? styleText(['bold', 'green'], `${name} leads`.padEnd(WIDTH)) : name.padEnd(WIDTH);
    });
    return `  ${'tick'.padEnd(WIDTH)}${cells.join('')}`;
  };
  const row = (atMs: number, ranOn: readonly string[]): string => {
    const cells = replicas.map((name) => {
      const count = ranOn.filter((other) => other === name).length;
      if (count === 0) return styleText('dim', '·'.padEnd(WIDTH));
      return styleText(ranOn.length > 1 ? 'red' : 'green', '█'.repeat(count).padEnd(WIDTH));
    });
    return `  ${clock(atMs).padEnd(WIDTH)}${cells.join('')}${ranOn.length === 0 ? styleText('yellow', 'no leader') : ''}`;
  };
  const title = 'One job a second, three replicas, one of them runs it. Half-way, its leader is killed.';
  draw([title, '', '  starting three sidecars and three replicas ...']);
  const refresh = (history: History): void => {
    const ticks = history.ticks(Date.now() - 1_000).slice(-ROWS);
    draw([title, '', head(history), ...ticks.map(({ atMs, ranOn }) => row(atMs, ranOn))]);
  };
  return {
    show({ replica, what }, history) {
      if (what === 'killed') killed.add(replica);
      refresh(history);
    },
    refresh,
    end: (summary) => console.log(`\n${inWords(summary)}`),
  };
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
