import { type AttributeMap, itemBytes } from '../dynamodb/attribute-value.ts';
import type { DynamoEngine } from '../dynamodb/engine.ts';
import type { TableShape } from '../dynamodb/table-shape.ts';
import { hasLocalIndex, type Touch, touchOf } from './touches.ts';

/** What DynamoDB adds to each item and to each index entry (developer guide, "Item collections"). */
const overheadBytes = 100;

/** Bytes of the item collections: of all items and local index entries of one partition key. */
export interface Collections {
  /** True if a write would make a collection larger than it may be. */
  isFull(touch: Touch, bytesMax: number): boolean;
  /** Reads the items that a request has written, to know how large they have become. */
  measure(touches: readonly Touch[]): Promise<void>;
  /** Bytes of the collection of an item. */
  bytesOf(touch: Touch): number;
}

/** Reads what an earlier run has stored; from then on it is told of every write. */
export async function openCollections(
  engine: Pick<DynamoEngine, 'forward'>,
  tables: readonly TableShape[],
): Promise<Collections> {
  const itemBytesOf = new Map<string, number>();
  const collectionBytesOf = new Map<string, number>();

  const record = ({ item = '', partition = '' }: Touch, bytes: number): void => {
    const change = bytes - (itemBytesOf.get(item) ?? 0);
    if (bytes > 0) itemBytesOf.set(item, bytes);
    else itemBytesOf.delete(item);
    collectionBytesOf.set(partition, (collectionBytesOf.get(partition) ?? 0) + change);
  };
  const call = async <T>(operation: string, input: object): Promise<T> => {
    const { status, body } = await engine.forward(`DynamoDB_20120810.${operation}`, JSON.stringify(input));
    if (status !== 200) throw new Error(String(body));
    return JSON.parse(String(body)) as T;
  };

  for (const table of tables.filter(hasLocalIndex)) {
    let start: AttributeMap | undefined;
    // Ends, because each page begins after the last key of the one before.
    do {
      const input = { TableName: table.name, ExclusiveStartKey: start };
      const page = await call<{ Items: AttributeMap[]; LastEvaluatedKey?: AttributeMap }>('Scan', input);
      for (const Item of page.Items) record(touchOf(table, 'Put', { Item }), storedBytes(table, Item));
      start = page.LastEvaluatedKey;
    } while (start);
  }

  return {
    isFull(touch, bytesMax) {
      const { table, effect, put, item = '', partition = '' } = touch;
      if (!hasLocalIndex(table) || effect === 'none' || effect === 'delete') return false;
      // How much an update adds is known only afterwards: it counts as one byte.
      const change = put ? storedBytes(table, put) - (itemBytesOf.get(item) ?? 0) : 1;
      return change > 0 && (collectionBytesOf.get(partition) ?? 0) + change > bytesMax;
    },
    async measure(touches) {
      const kept = touches.filter(({ table }) => hasLocalIndex(table));
      for (const touch of kept) {
        if (touch.put) record(touch, storedBytes(touch.table, touch.put));
        if (touch.effect === 'delete') record(touch, 0);
      }
      const updated = kept.filter(({ effect }) => effect === 'update');
      if (updated.length === 0) return;
      const byTable = Object.groupBy(updated, ({ table }) => table.name);
      const RequestItems = Object.fromEntries(
        Object.entries(byTable).map(([name, its = []]) => [
          name,
          { Keys: its.map(({ key }) => key), ConsistentRead: true },
        ]),
      );
      // A transaction has at most 100 items, which is what one BatchGetItem takes.
      const { Responses } = await call<{ Responses: Record<string, AttributeMap[]> }>('BatchGetItem', {
        RequestItems,
      });
      for (const [name, items] of Object.entries(Responses)) {
        const table = byTable[name]?.[0]?.table;
        if (table)
          for (const Item of items) record(touchOf(table, 'Update', { Item }), storedBytes(table, Item));
      }
    },
    bytesOf: ({ partition = '' }) => collectionBytesOf.get(partition) ?? 0,
  };
}

/** Bytes of an item in its table and in each local index that lists it. */
function storedBytes(table: TableShape, item: AttributeMap): number {
  let bytes = itemBytes(item, noReport) + overheadBytes;
  for (const { isGlobal, keys, projected } of table.indexes) {
    if (isGlobal || !keys.every(({ name }) => item[name])) continue;
    const held = new Set(
      [...table.keys, ...keys].map(({ name }) => name).concat(projected ?? Object.keys(item)),
    );
    const entry = Object.fromEntries(Object.entries(item).filter(([name]) => held.has(name)));
    bytes += itemBytes(entry, noReport) + overheadBytes;
  }
  return bytes;
}

const noReport = (): void => {};
