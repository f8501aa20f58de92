import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { type FoundItems, getAll } from '../../../core/dynamo/get-all.ts';
import type { Action, Item, Key } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { Problem } from '../../../core/http/problem.ts';
import type { Collection, CollectionName } from './collection.ts';
import type { Place } from './tally.ts';

/** A record as it is stored. */
export interface Stored<R> {
  record: R;
  /** Counts its changes. */
  version: number;
}

/** The order of texts is the order of numbers. */
const padded = (id: number): string => String(id).padStart(16, '0');

export const partitionOf = (collection: CollectionName, tenant: string): string => `${collection}#${tenant}`;

export const recordKey = (collection: CollectionName, tenant: string, id: number): Key => ({
  pk: partitionOf(collection, tenant),
  sk: padded(id),
});

/** Apart from the records, since every writer writes it. */
export const tallyKey = (collection: CollectionName, tenant: string): Key => ({
  pk: `tally#${partitionOf(collection, tenant)}`,
  sk: 'TALLY',
});

export function placeOf<R extends { id: number }>(collection: Collection<R>, record: R): Place {
  return { time: `${collection.createdAt(record)}#${padded(record.id)}`, facet: collection.facetOf(record) };
}

/** The sort key of the index `facet`: where the records of one facet stand in the order of time. */
export const facetPlace = (facet: string, time: string): string => `${facet}#${time}`;

/** Documents are JSON text: DynamoDB's client takes half the time for it that it takes for a map, and it keeps the order of fields. */
export const recordOf = <R>(item: Item): R => JSON.parse(String(item.d)) as R;

export const storedOf = <R>(item: Item | undefined): Stored<R> | undefined =>
  item && { record: recordOf<R>(item), version: Number(item.version) };

/** Puts a record in place of the version that was read, or of none. */
export function putRecord<R extends { id: number }>(
  collection: Collection<R>,
  tenant: string,
  record: R,
  before: Stored<R> | undefined,
): Action {
  const { time, facet } = placeOf(collection, record);
  return {
    Put: {
      TableName: tableName('admin'),
      Item: {
        ...recordKey(collection.name, tenant, record.id),
        d: JSON.stringify(record),
        version: (before?.version ?? 0) + 1,
        time,
        facet: facetPlace(facet, time),
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

/** Items of the table by key, however many. */
export const itemsAt = (keys: Key[]): Promise<FoundItems> => getAll(dynamo(), tableName('admin'), keys);

/** Records of one transaction: with the longest notes they stay below the 4 MB that DynamoDB takes. */
export const WRITES = 50;

/**
 * One transaction, whatever happens to its answers.
 *
 * @returns the places of the actions whose conditions failed; none if it was done.
 */
export async function transact(actions: Action[]): Promise<number[]> {
  const transacted = await transactOnce(dynamo(), systemDeps, actions);
  return transacted.done
    ? []
    : [...transacted.reasons.keys()].filter((place) => transacted.reasons[place]?.failed);
}

export const tooBusy = () => new Problem('conflict', 'Others change the same records', { retryAfter: 1 });
