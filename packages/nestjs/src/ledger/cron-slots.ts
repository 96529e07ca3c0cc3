// What a ledger must know of cron beyond its documentation. If an installed version differs, the app does not boot: slots
// from another source would not be those that cron fires.
import { isMethod, missingMethods } from '../handlers/method.ts';

/** The schedule of a cron job. */
export interface CronSlots {
  /** The schedule and its zone in one text. */
  readonly fingerprint: string;
  /** Whether the job fires once, at a given date. */
  readonly isOnce: boolean;
  /** Returns the first slot after an instant, by cron's own function; undefined if there is none. */
  next(after: Date): Date | undefined;
}

interface Instant {
  toMillis(): number;
}

/** Returns the schedule of a `CronTime`, or undefined if it is not as expected. */
export function cronSlotsOf(cronTime: unknown): CronSlots | undefined {
  const source: unknown = Reflect.get(Object(cronTime), 'source');
  if (Reflect.get(Object(cronTime), 'realDate') === true) return isInstant(source) ? once(source) : undefined;
  const next: unknown = Reflect.get(Object(cronTime), 'getNextDateFrom');
  const zone = zoneOf(cronTime);
  if (typeof source !== 'string' || zone === undefined || !isMethod(next)) return undefined;
  return {
    fingerprint: `cron ${source} ${zone}`,
    isOnce: false,
    next(after) {
      // Without the zone, cron takes that of the process.
      const slot = next.call(cronTime, after, zone);
      if (isInstant(slot)) return new Date(slot.toMillis());
      throw new TypeError('cron named no date for the next run of the job. Install cron 4.');
    },
  };
}

function once(date: Instant): CronSlots {
  const slot = new Date(date.toMillis());
  return {
    fingerprint: `cron ${slot.toISOString()}`,
    isOnce: true,
    next: (after) => (slot > after ? slot : undefined),
  };
}

/** The zone in which cron itself asks for the next date: an offset has a zone of its own. */
function zoneOf(cronTime: unknown): string | undefined {
  const zone: unknown = Reflect.get(Object(cronTime), 'timeZone');
  const offset: unknown = Reflect.get(Object(cronTime), 'utcOffset');
  if (typeof offset !== 'number') return typeof zone === 'string' ? zone : undefined;
  const minutes = Math.abs(offset);
  const [hh, mm] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `UTC${offset < 0 ? '-' : '+'}${hh}:${mm}`;
}

function isInstant(value: unknown): value is Instant {
  return missingMethods(value, ['toMillis']).length === 0;
}
