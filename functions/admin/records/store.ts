import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { type FoundItems, getAll } from '../../../core/dynamo/get-all.ts';
import type { Action, Item, Key } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { assertVersion } from '../../../core/dynamo/version.ts';
import { Problem } from '../../../core/http/problem.ts';
import { invariant } from '../../../core/invariant.ts';
import type { Collection, CollectionName, Identified } from './collection.ts';
import { packed, unpacked } from './document.ts';
import type { ListPlace } from './tally.ts';

/** A record as it is stored. */
export interface StoredRecord<R> {
  record: R;
  /** Counts its changes, for optimistic locking. */
  version: number;
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

/** The place that a sort key of the index `facet` tells. */
export function placeInFacet(sortKey: string): ListPlace {
  const end = sortKey.indexOf('#');
  return { facet: sortKey.slice(0, end), time: sortKey.slice(end + 1) };
}

/** The newest shape of a record's item. In version 1 the document is `d`, which the indexes copy. */
const newestVersion = 2;

/** The record in an item. */
export function recordOf<R>(item: Item): R {
  assertVersion(item, 'record of the admin table', newestVersion);
  return unpacked<R>(item.v === newestVersion ? item.doc : item.d);
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
 *
 * The document is under a name that the indexes do not project, so that a change of it writes no index, and a
 * change of its facet writes an entry of some 150 bytes.
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
        v: newestVersion,
        doc: packed(record),
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

/** Reads any number of items of the table by key. */
export const getItems = (keys: Key[]): Promise<FoundItems> => getAll(dynamo(), tableName('admin'), keys);

/** Records of one transaction: even with the longest notes they stay below the 4 MB that DynamoDB takes. */
export const recordsPerTransaction = 50;

/**
 * Commits one transaction, whatever happens to its answers.
 *
 * @returns the places of the actions whose conditions failed; none if it was committed.
 */
export async function transact(actions: Action[]): Promise<number[]> {
  const transacted = await transactOnce(dynamo(), systemDeps, actions);
  if (transacted.done) return [];
  return [...transacted.reasons.keys()].filter((place) => transacted.reasons[place]?.failed);
}

export const tooBusy = () => new Problem('conflict', 'Others change the same records', { retryAfter: 1 });
