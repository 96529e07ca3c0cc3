import { invalidOption } from '@cluster-leader/core/adapter-kit';
import { UsageError } from '../command-line/usage-error.ts';
import type { OpenedStore } from './opened-store.ts';

type Open = (address: string) => Promise<OpenedStore>;

/** Loaded when they are used, so that no command needs the driver of another store. */
const STORES: readonly (readonly [pattern: RegExp, open: Open])[] = [
  [/^postgres(ql)?:\/\//, async (url) => (await import('./open-postgres.ts')).openPostgres(url)],
  [/^rediss?:\/\//, async (url) => (await import('./open-redis.ts')).openRedis(url)],
  [/^mongodb(\+srv)?:\/\//, async (url) => (await import('./open-mongodb.ts')).openMongodb(url)],
  [/^configmap(\/|$)/, async (address) => (await import('./open-config-map.ts')).openConfigMap(address)],
];

const RULE = 'postgres://..., redis://..., mongodb://..., configmap or configmap/<name>';

/** Opens the store that `$CLUSTER_LEADER_STORE` names. Throws a UsageError or ERR_INVALID_OPTION. */
export async function openStore(): Promise<OpenedStore> {
  const { CLUSTER_LEADER_STORE: address } = process.env;
  if (!address) throw new UsageError(`the store of the ledger is missing: set CLUSTER_LEADER_STORE to ${RULE}`);
  const open = STORES.find(([pattern]) => pattern.test(address))?.[1];
  if (open === undefined) throw invalidOption('$CLUSTER_LEADER_STORE', schemeOf(address), RULE);
  return open(address);
}

/** The rest of an address can be a password. */
function schemeOf(address: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address)?.[0];
  return scheme === undefined ? 'a text without a scheme' : `${scheme}...`;
}
