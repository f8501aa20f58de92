import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '../../../core/clock.ts';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import { patient } from '../../../core/dynamo/patience.ts';
import type { Action, Item, Key, Store } from '../../../core/dynamo/store.ts';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import { Problem } from '../../../core/http/problem.ts';
import { invariant } from '../../../core/invariant.ts';
import type { Collection, CollectionName, Identified } from './collection.ts';
import type { ListPlace } from './tally.ts';

/** A record as it is stored. */
export interface StoredRecord<R> {
  record: R;
  /** Counts its changes, for optimistic locking. */
  version: number;
}

/** The time for which one request to the table is retried, in milliseconds. */
const requestBudgetMs = 8_000;

let patientStore: Store | undefined;

/** DynamoDB, with retries of transient errors. Created on first use. */
export function adminStore(): Store {
  const deps = {
    clock: systemClock,
    random: Math.random,
    pause: (milliseconds: number) => setTimeout(milliseconds),
  };
  patientStore ??= patient(dynamoStore(), deps, () => systemClock.now() + requestBudgetMs);
  return patientStore;
}

/** Ids with leading zeros, so that texts sort in the order of numbers. */
const padded = (id: number): string => String(id).padStart(16, '0');

export const partitionOf = (collection: CollectionName, tenant: string): string => `${collection}#${tenant}`;

export const recordKey = (collection: CollectionName, tenant: string, id: number): Key => ({
  pk: partitionOf(collection, tenant),
  sk: padded(id),
});

/** The tally has a partition of its own, since every writer updates it. */
export const tallyKey = (collection: CollectionName, tenant: string): Key => ({
  pk: `tally#${partitionOf(collection, tenant)}`,
  sk: 'TALLY',
});

export function listPlaceOf<R extends Identified>(collection: Collection<R>, record: R): ListPlace {
  return { time: `${collection.createdAt(record)}#${padded(record.id)}`, facet: collection.facetOf(record) };
}

/** The sort key of the index `facet`: the records of a facet in the order of time. */
export const facetSortKey = (facet: string, time: string): string => `${facet}#${time}`;

/**
 * The record in an item. Records are stored as JSON text: DynamoDB's client takes half the time for it that
 * it takes for a map, and it keeps the order of fields. They were checked by their schema before they were
 * stored; here only the item is checked, since an export reads 10,000 of them. `v` is the format of the item;
 * absent means 1.
 */
export function recordOf<R>({ d, v }: Item): R {
  invariant(v === undefined || v === 1, 'a record is of a format that this code knows');
  invariant(typeof d === 'string', 'a record is stored as JSON text');
  return JSON.parse(d) as R;
}

/** The record in an item with its version; `undefined` without an item. */
export function storedOf<R>(item: Item | undefined): StoredRecord<R> | undefined {
  if (!item) return undefined;
  const { version } = item;
  invariant(typeof version === 'number', 'a record has a version');
  return { record: recordOf<R>(item), version };
}

/**
 * Puts a record, on condition that the stored version is still the one that was read (optimistic locking).
 */
export function putRecord<R extends Identified>(
  collection: Collection<R>,
  tenant: string,
  record: R,
  before: StoredRecord<R> | undefined,
): Action {
  const { time, facet } = listPlaceOf(collection, record);
  return {
    Put: {
      TableName: tableName('admin'),
      Item: {
        ...recordKey(collection.name, tenant, record.id),
        d: JSON.stringify(record),
        version: (before?.version ?? 0) + 1,
        time,
        facet: facetSortKey(facet, time),
      },
      ...(before
        ? {
            ConditionExpression: 'version = :version',
            ExpressionAttributeValues: { ':version': before.version },
          }
        : { ConditionExpression: 'attribute_not_exists(pk)' }),
    },
  };
}

/** Reads any number of items by key, strongly consistent, a hundred with each request. */
export async function getItems(keys: Key[]): Promise<{ get(key: Key): Item | undefined }> {
  const nameOf = ({ pk, sk }: { pk?: unknown; sk?: unknown }) => `${sk} ${pk}`;
  const found = new Map<string, Item>();
  for (let from = 0; from < keys.length; from += 100) {
    let wanted = keys.slice(from, from + 100);
    while (wanted.length > 0) {
      const { items, unread } = await adminStore().getMany(tableName('admin'), wanted);
      for (const item of items) found.set(nameOf(item), item);
      wanted = unread;
    }
  }
  return { get: (key) => found.get(nameOf(key)) };
}

/**
 * Retries of a transaction that conflicts with others, and the pauses between, in milliseconds: they double,
 * with jitter.
 */
const conflictRetriesMax = 12;
const conflictPauseMsMin = 10;
const conflictPauseMsMax = 400;

/** Records of one transaction: even with the longest notes they stay below the 4 MB that DynamoDB takes. */
export const recordsPerTransaction = 50;

/**
 * Sends one TransactWriteItems. With its token a retry by the SDK, after a lost answer, is the same request.
 *
 * @returns the places of the actions whose conditions failed; none if it was committed.
 * @throws Problem `conflict` if it conflicted with others at each try.
 */
export async function transact(actions: Action[]): Promise<number[]> {
  for (
    let time = 0, pauseMs = conflictPauseMsMin;
    ;
    time++, pauseMs = Math.min(2 * pauseMs, conflictPauseMsMax)
  ) {
    try {
      const command = { TransactItems: actions, ClientRequestToken: randomUUID() };
      await documents().send(new TransactWriteCommand(command));
      return [];
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
      const failed = [...codes.keys()].filter((place) => codes[place] === 'ConditionalCheckFailed');
      if (failed.length > 0) return failed;
      if (!codes.some((code) => code && /TransactionConflict|Throttling|Throughput/.test(code))) throw error;
      if (time === conflictRetriesMax) throw tooBusy();
    }
    await setTimeout(pauseMs * (0.5 + Math.random() / 2));
  }
}

export const tooBusy = () => new Problem('conflict', 'Others change the same records', { retryAfter: 1 });
