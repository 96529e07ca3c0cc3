import { invalidOption } from '../errors.ts';
import { ownOptions } from '../settings/known-options.ts';
import { defaultLogger, harmless, type HarmlessLogger, type Logger } from '../settings/logger.ts';
import { ON_UNKNOWN, type OnUnknown } from './on-unknown.ts';

export interface LeaderOptions {
  /**
   * How `isLeader`, `isLeaderNow` and gates treat an unknown standing. Default `'follower'`: nothing runs.
   *
   * `'leader'` fails open, for idempotent work whose absence is worse than a duplicate. It needs one usable answer first,
   * and a closed leader never leads.
   */
  readonly onUnknown?: OnUnknown | undefined;
  /** Default: warnings only, by `process.emitWarning`. */
  readonly logger?: Logger | undefined;
  /** The name of the election in logs and in `status()`, for apps that take part in several. Default the name of the lock record, if one is read. */
  readonly election?: string | undefined;
}

/** The options with every default in its place. */
export interface ResolvedLeaderOptions {
  readonly onUnknown: OnUnknown;
  readonly logger: HarmlessLogger;
  readonly election: string | undefined;
}

/** Fills in the defaults; throws ERR_INVALID_OPTION naming option, value and rule. */
export function resolveLeaderOptions(options: LeaderOptions): ResolvedLeaderOptions {
  const { onUnknown = 'follower', logger = defaultLogger, election } = ownOptions(options);
  if (!ON_UNKNOWN.includes(onUnknown)) throw invalidOption('onUnknown', onUnknown, `'follower', 'throw' or 'leader'`);
  if (typeof logger !== 'object' || logger === null) {
    throw invalidOption('logger', logger, 'an object with methods such as debug, info and warn');
  }
  if (election !== undefined && (typeof election !== 'string' || election === '')) {
    throw invalidOption('election', election, 'a name that is not empty');
  }
  return { onUnknown, logger: harmless(logger), election };
}
