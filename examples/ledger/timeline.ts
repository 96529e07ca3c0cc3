import { styleText } from 'node:util';
import type { DemoEvent } from './demo-event.ts';
import type { Span } from './summary.ts';

/** The newest faults and elections that are listed below the timeline. */
const LINES = 6;

/** The width of what precedes the cells: with 60 of them a row fits 80 characters. */
const WIDTH = 18;

const LEGEND = '█ on time   ▲ made up   ↻ begun again   ! not run yet   green: it leads';

/** Returns a row for each pod, with a cell for each slot that shows how the pod ran it, and the newest events. */
export function timeline(
  pods: readonly string[],
  events: readonly DemoEvent[],
  span: Span,
  nowMs: number,
): readonly string[] {
  const past = Array.from({ length: span.slots }, (_, index) => span.fromMs + 1_000 * index).filter(
    (slotMs) => slotMs < nowMs,
  );
  const bills = events.flatMap(({ bill }) => bill ?? []);
  const rows = pods.map((pod) => {
    const own = Map.groupBy(
      bills.filter((bill) => bill.pod === pod),
      ({ slotMs }) => slotMs,
    );
    const cells = past.map((slotMs) => {
      const [bill, second] = own.get(slotMs) ?? [];
      if (bill === undefined) return styleText('dim', '·');
      if (second !== undefined) return styleText('red', '2');
      if (bill.attempt > 1) return styleText('magenta', '↻');
      return bill.madeUp ? styleText('yellow', '▲') : styleText('green', '█');
    });
    return `${label(pod, events)}${cells.join('')}`;
  });
  const ran = new Set(bills.map(({ slotMs }) => slotMs));
  const missing = past.map((slotMs) => (ran.has(slotMs) ? ' ' : styleText('red', '!')));
  const news = events.filter(({ what }) => !['began', 'refused', 'billed'].includes(what)).slice(-LINES);
  return [
    ...rows,
    `${''.padEnd(WIDTH)}${missing.join('')}`,
    '',
    ...news.map((event) => `  ${describe(event)}`),
    ...Array.from({ length: LINES - news.length }, () => ''),
    '',
    `  ${LEGEND}`,
  ];
}

/** Returns one line about an event. */
export function describe({ atMs, pod, what, slotMs = 0, bill }: DemoEvent): string {
  return `${clock(atMs)}  ${pod}  ${inWords(what, clock(slotMs), bill)}`;
}

function inWords(what: DemoEvent['what'], slot: string, bill: DemoEvent['bill']): string {
  if (what === 'refused') return `was refused ${slot}: another leader has claimed it`;
  if (what === 'killed') return 'was killed in the middle of a run, and its sidecar with it';
  if (what === 'restarted' || what === 'reconnected') return `was ${what}`;
  if (what === 'cut off') return 'was cut off: its sidecar goes on claiming that it leads';
  if (what !== 'billed') return what;
  if (bill?.madeUp !== true) return `billed ${slot}`;
  const late = `${((bill.atMs - bill.slotMs) / 1_000).toFixed(1)} s late`;
  return bill.attempt > 1 ? `billed ${slot} in attempt ${bill.attempt}, ${late}` : `made up ${slot}, ${late}`;
}

function label(pod: string, events: readonly DemoEvent[]): string {
  const own = events.filter((event) => event.pod === pod);
  const last = (...words: readonly string[]): string | undefined =>
    own.findLast(({ what }) => words.includes(what))?.what;
  const isDead = last('killed', 'restarted') === 'killed';
  const leads = !isDead && last('elected', 'demoted', 'killed') === 'elected';
  const isCutOff = last('cut off', 'reconnected') === 'cut off';
  const state = isDead ? 'dead' : isCutOff ? 'cut off' : leads ? 'leads' : '';
  const text = `  ${pod}  ${state}`.padEnd(WIDTH);
  if (isDead) return styleText('red', text);
  return leads ? styleText(['bold', 'green'], text) : text;
}

function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}
