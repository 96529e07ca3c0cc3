import type { DemoEvent } from './demo-event.ts';
import { hasPassed, type Span, type Summary } from './summary.ts';
import { describe, timeline } from './timeline.ts';

/** Shows the demo: as a timeline on a terminal, otherwise as lines, or as lines of JSON for a program. */
export interface View {
  /** Receives each event. */
  show(event: DemoEvent): void;
  /** Receives a line that a replica prints, such as a warning. */
  output(pod: string, line: string): void;
  /** Called several times a second after the first run, because the timeline grows even if nothing happens. */
  refresh?(events: readonly DemoEvent[], span: Span): void;
  /** Shows the totals at the end. */
  end(summary: Summary): void;
}

const TITLE = [
  'One job a second for a minute, three replicas, and a ledger in Postgres.',
  'The leader is killed twice, and cut off once, so that two pods lead.',
];
/** Turns line wrapping off, so that every line takes one row and the next picture starts at the right place. */
const NO_WRAP = '\u001B[?7l';
const WRAP = '\u001B[?7h';

/** Returns the view for the place where the output goes. */
export function chooseView(pods: readonly string[], asJson: boolean): View {
  if (asJson) return jsonView();
  return process.stdout.isTTY ? timelineView(pods) : lineView();
}

function jsonView(): View {
  return {
    show: (event) => console.log(JSON.stringify(event)),
    output: printOutput,
    end: (summary) => console.log(JSON.stringify(summary)),
  };
}

function lineView(): View {
  return {
    show(event) {
      if (event.what !== 'began') console.log(describe(event));
    },
    output: printOutput,
    end: (summary) => console.log(`\n${inWords(summary)}`),
  };
}

function timelineView(pods: readonly string[]): View {
  let height = 0;
  const output: [pod: string, line: string][] = [];
  const draw = (lines: readonly string[]): void => {
    const up = height === 0 ? '' : `\u001B[${height}A\u001B[0J`;
    const all = [...TITLE, '', ...lines];
    process.stdout.write(`${up}${NO_WRAP}${all.join('\n')}${WRAP}\n`);
    height = all.length;
  };
  draw(['  starting Postgres, three sidecars and three replicas ...']);
  return {
    show: () => {},
    output: (pod, line) => output.push([pod, line]), // it would break the picture
    refresh: (events, span) => draw(timeline(pods, events, span, Date.now() - 1_000)),
    end(summary) {
      if (!hasPassed(summary)) for (const [pod, line] of output) printOutput(pod, line);
      console.log(`\n${inWords(summary)}`);
    },
  };
}

function printOutput(pod: string, line: string): void {
  console.error(`${pod}: ${line}`);
}

function inWords(summary: Summary): string {
  const { slots, runs, madeUp, rerun, refused, duplicates, missing, medianDelaySeconds, longestDelaySeconds } = summary;
  const delay = madeUp === 0 ? '' : `, late by ${medianDelaySeconds} s (median) to ${longestDelaySeconds} s (longest)`;
  return [
    `  slots        ${slots}`,
    `  runs         ${runs}`,
    `  made up      ${madeUp}${delay}`,
    `  begun again  ${rerun}`,
    `  refused      ${refused}, to one of two leaders`,
    `  duplicates   ${duplicates}`,
    `  missing      ${missing}`,
  ].join('\n');
}
