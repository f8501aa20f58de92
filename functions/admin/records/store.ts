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
import type { Collection, CollectionName } from './collection.ts';
import type { Place } from './tally.ts';

/** A record as it is stored. */
export interface Stored<R> {
  record: R;
  /** Counts its changes. */
  version: number;
}

/** How long one request to the table is tried, in milliseconds. */
const PATIENCE = 8_000;

let patientStore: Store | undefined;

/** The table, with patience for what passes. Made on first use. */
export function store(): Store {
  const world = {
    clock: systemClock,
    random: Math.random,
    pause: (milliseconds: number) => setTimeout(milliseconds),
  };
  patientStore ??= patient(dynamoStore(), world, () => systemClock.now() + PATIENCE);
  return patientStore;
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

/** Items by key, however many. */
export async function readAll(keys: Key[]): Promise<{ get(key: Key): Item | undefined }> {
  const nameOf = ({ pk, sk }: Key) => `${sk} ${pk}`;
  const found = new Map<string, Item>();
  for (let from = 0; from < keys.length; from += 100) {
    let wanted = keys.slice(from, from + 100);
    while (wanted.length > 0) {
      const { items, unread } = await store().getMany(tableName('admin'), wanted);
      for (const item of items) found.set(nameOf(item as unknown as Key), item);
      wanted = unread;
    }
  }
  return { get: (key) => found.get(nameOf(key)) };
}

/** How often a transaction is tried that is in the way of others, and the first and the longest pause between, in milliseconds. */
const CONFLICTS = { times: 12, first: 10, longest: 400 };

/** Records of one transaction: with the longest notes they stay below the 4 MB that DynamoDB takes. */
export const WRITES = 50;

/**
 * One TransactWriteItems. Its token makes a repetition after a lost answer the same request.
 *
 * @returns the places of the actions whose conditions failed; none if it was done.
 * @throws Problem `conflict` if others were always in the way.
 */
export async function transact(actions: Action[]): Promise<number[]> {
  for (let time = 0, pause = CONFLICTS.first; ; time++, pause = Math.min(2 * pause, CONFLICTS.longest)) {
    try {
      const command = { TransactItems: actions, ClientRequestToken: randomUUID() };
      await documents().send(new TransactWriteCommand(command));
      return [];
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
      const failed = [...codes.keys()].filter((place) => codes[place] === 'ConditionalCheckFailed');
      if (failed.length > 0) return failed;
      if (!codes.some((code) => /TransactionConflict|Throttling|Throughput/.test(code ?? ''))) throw error;
      if (time === CONFLICTS.times) throw tooBusy();
    }
    await setTimeout(pause * (0.5 + Math.random() / 2));
  }
}

export const tooBusy = () => new Problem('conflict', 'Others change the same records', { retryAfter: 1 });
