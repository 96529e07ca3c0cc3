import type { Key } from 'node:readline';
import type { Replica } from '../../replicas/replica.ts';
import type { ReplicaSet } from '../../replicas/replica-set.ts';
import type { DevView } from '../dev-view.ts';
import { frame } from './frame.ts';
import { keyAction, type KeyAction } from './keys.ts';
import { LogLines, plain, withoutPasswords } from './log-lines.ts';
import { Screen } from './screen.ts';
import { Timeline } from './timeline.ts';

/** The shortest time between two pictures. */
const REDRAW_MS = 100;
/** The timeline moves by one column a second, even if nothing happens. */
const TICK_MS = 1_000;
/** How many lines of the log are printed after the screen is left, so that the end can be read. */
const LAST_LINES = 20;

/** Makes a view that draws the replicas on a terminal and carries out key presses. `command` is shown without passwords. */
export function screenView(command: string, onQuit: () => void): DevView {
  const log = new LogLines();
  const timeline = new Timeline();
  const screen = new Screen(press, redraw);
  let title = plain(withoutPasswords(command));
  let set: ReplicaSet | undefined;
  let chosen = 0;
  let isEnding = false;
  let redrawTimer: NodeJS.Timeout | undefined;
  let tick: NodeJS.Timeout | undefined;
  screen.enter();
  redraw();

  function redraw(): void {
    redrawTimer ??= setTimeout(() => {
      redrawTimer = undefined;
      screen.draw(picture());
    }, REDRAW_MS);
  }

  function picture(): readonly string[] {
    const { columns, rows } = process.stdout;
    const replicas = set?.view() ?? [];
    if (replicas.length === 0) return [title.slice(0, columns), 'starting the sidecars and the replicas ...'];
    return frame({ title, replicas, chosen, timeline, log, isEnding }, { columns, rows }, Date.now());
  }

  function press(key: Key): void {
    const action = keyAction(key);
    if (action === undefined) return;
    perform(action);
    redraw();
  }

  function perform(action: KeyAction): void {
    const count = set?.replicas.length ?? 0;
    const replica = set?.replicas[chosen];
    switch (action.kind) {
      case 'quit':
        onQuit();
        break;
      case 'choose':
        if (action.index < count) chosen = action.index;
        break;
      case 'next':
      case 'previous':
        if (count > 0) chosen = (chosen + (action.kind === 'next' ? 1 : count - 1)) % count;
        break;
      case 'kill':
      case 'restart':
      case 'pause':
      case 'heal':
        report(replica, replica?.[action.kind]());
        break;
      case 'cutOff':
        // The worst cut-off: most sidecars go on claiming to lead.
        report(replica, replica?.cutOff('black-hole'));
    }
  }

  function report(replica: Replica | undefined, done: Promise<void> | undefined): void {
    done?.catch((error: unknown) => say(`${replica?.name}: ${String(error)}`));
  }

  function say(sentence: string): void {
    log.add(undefined, [sentence]);
    redraw();
  }

  return {
    output(replica, lines) {
      log.add(replica, lines);
      redraw();
    },
    say,
    show(replicas) {
      set = replicas;
      title = `lease ${replicas.election.timing.leaseDurationMs / 1_000} s · ${title}`;
      tick = setInterval(redraw, TICK_MS);
      redraw();
    },
    refresh() {
      if (set !== undefined) timeline.note(set.view(), Date.now());
      redraw();
    },
    ending() {
      isEnding = true;
      redraw();
    },
    close() {
      clearInterval(tick);
      clearTimeout(redrawTimer);
      screen.leave();
      const last = log.newest(LAST_LINES).map(({ replica = 'dev', text }) => `${replica} | ${text}\n`);
      process.stdout.write(last.join(''));
    },
  };
}
