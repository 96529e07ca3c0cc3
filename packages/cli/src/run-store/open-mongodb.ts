import { mongoStore, type MongoDatabase } from '@cluster-leader/ledger/mongodb';
import { findDriver, missingDriver } from './driver.ts';
import { CONNECT_LIMIT_MS, type OpenedStore } from './opened-store.ts';
import { storeError } from './store-error.ts';

interface Client {
  connect(): Promise<unknown>;
  db(): MongoDatabase;
  close(): Promise<void>;
}

/** The part of `mongodb` that is used. */
interface Driver {
  readonly MongoClient: new (url: string, options: object) => Client;
}

/** Connects to the database that is named by this URL of MongoDB. */
export async function openMongodb(url: string): Promise<OpenedStore> {
  const driver = findDriver<Driver>('mongodb', 'MongoClient');
  if (driver === undefined) throw missingDriver('mongodb');
  try {
    const client = new driver.MongoClient(url, { serverSelectionTimeoutMS: CONNECT_LIMIT_MS });
    await client.connect();
    return { store: mongoStore(client.db()), close: () => client.close() };
  } catch (error) {
    throw storeError(error);
  }
}
