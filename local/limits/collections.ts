import { type AttributeMap, itemBytes } from '../dynamodb/attribute-value.ts';
import { type AnsweringEngine, callEngine, scanPages } from '../dynamodb/call-engine.ts';
import { factsOf } from '../dynamodb/expression.ts';
import { type Expressions, resolvedName } from '../dynamodb/expression-rules.ts';
import type { TableShape } from '../dynamodb/table-shape.ts';
import { hasLocalIndex, type Touch, touchOf } from './touches.ts';

/** What DynamoDB adds to each item and to each index entry (developer guide, "Item collections"). */
const overheadBytes = 100;

/** The limit of a collection in GB, which a scaled limit stands for. */
const gbMax = 10;

/** The item collections of an engine: all items and local index entries of one partition key. */
export interface Collections {
  /** True if a write would make a collection larger than it may be, and than it is. */
  isFull(touch: Touch, bytesMax: number): boolean;
  /** Takes note of what a request has written. */
  note(touches: readonly Touch[]): Promise<void>;
  /** The sizes of the collections of these touches as an answer has them, scaled to the limit of 10 GB. */
  metrics(touches: readonly Touch[], bytesMax: number): Record<string, object[]>;
}

/** Reads the items that the engine has; from then on, it must be told of every write. */
export async function openCollections(
  engine: AnsweringEngine,
  tables: readonly TableShape[],
): Promise<Collections> {
  const items = new Map<string, AttributeMap>();
  const bytesOf = new Map<string, number>();

  const record = ({ table, item = '', partition = '' }: Touch, stored: AttributeMap | undefined): void => {
    const change = storedBytes(table, stored) - storedBytes(table, items.get(item));
    bytesOf.set(partition, (bytesOf.get(partition) ?? 0) + change);
    if (stored) items.set(item, stored);
    else items.delete(item);
  };
  for (const table of tables.filter(hasLocalIndex))
    for await (const page of scanPages(engine, { TableName: table.name }))
      for (const Item of page) record(touchOf(table, 'Put', { Item }), Item);

  return {
    isFull(touch, bytesMax) {
      const { table, effect, put, update, item = '', partition = '' } = touch;
      if (!hasLocalIndex(table) || effect === 'none' || effect === 'delete') return false;
      const before = items.get(item);
      const after = put ?? updated({ ...before, ...touch.key }, update ?? {});
      const change = storedBytes(table, after) - storedBytes(table, before);
      return change > 0 && (bytesOf.get(partition) ?? 0) + change > bytesMax;
    },
    async note(touches) {
      const kept = touches.filter(({ table }) => hasLocalIndex(table));
      for (const touch of kept) if (touch.put || touch.effect === 'delete') record(touch, touch.put);
      const byTable = Object.groupBy(
        kept.filter(({ effect }) => effect === 'update'),
        ({ table }) => table.name,
      );
      for (const [name, its = []] of Object.entries(byTable)) {
        // At most 100 items, as one BatchGetItem takes; what passes 16 MB keeps the size that was known.
        const RequestItems = { [name]: { Keys: its.map(({ key }) => key), ConsistentRead: true } };
        const reply = await callEngine<{ Responses: Record<string, AttributeMap[]> }>(
          engine,
          'BatchGetItem',
          {
            RequestItems,
          },
        );
        const table = its[0]?.table;
        if (table)
          for (const Item of reply.Responses[name] ?? []) record(touchOf(table, 'Update', { Item }), Item);
      }
    },
    metrics(touches, bytesMax) {
      const byPartition = new Map(
        touches.filter(({ table }) => hasLocalIndex(table)).map((touch) => [touch.partition, touch]),
      );
      const all = [...byPartition.values()].map(({ table, key = {}, partition = '' }) => {
        const gb = Math.floor(((bytesOf.get(partition) ?? 0) / bytesMax) * gbMax);
        const hash = table.keys.filter(({ role }) => role === 'HASH').map(({ name }) => [name, key[name]]);
        const metric = { ItemCollectionKey: Object.fromEntries(hash), SizeEstimateRangeGB: [gb, gb + 1] };
        return { table: table.name, metric };
      });
      const byTable = Object.groupBy(all, ({ table }) => table);
      return Object.fromEntries(
        Object.entries(byTable).map(([name, its = []]) => [name, its.map(({ metric }) => metric)]),
      );
    },
  };
}

/** An item after an update, as far as its size matters: sums and edits of nested values keep their size. */
function updated(item: AttributeMap, update: Expressions): AttributeMap {
  const result: Record<string, NonNullable<AttributeMap[string]>> = { ...item };
  for (const { target, assigned = '', isRemoval } of factsOf('update', update.UpdateExpression ?? '').edits) {
    if (target.length > 1) continue;
    const name = resolvedName(target[0] ?? '', update.ExpressionAttributeNames);
    const value = update.ExpressionAttributeValues?.[assigned];
    if (isRemoval) delete result[name];
    else if (value) result[name] = value;
  }
  return result;
}

/** Bytes of an item in its table and in each local index that lists it. */
function storedBytes(table: TableShape, item: AttributeMap | undefined): number {
  if (!item) return 0;
  let bytes = itemBytes(item, noReport) + overheadBytes;
  for (const { isGlobal, keys, projected } of table.indexes) {
    if (isGlobal || !keys.every(({ name }) => item[name])) continue;
    const names = [...table.keys, ...keys].map(({ name }) => name);
    const held = new Set([...names, ...(projected ?? Object.keys(item))]);
    const entry = Object.fromEntries(Object.entries(item).filter(([name]) => held.has(name)));
    bytes += itemBytes(entry, noReport) + overheadBytes;
  }
  return bytes;
}

const noReport = (): void => {};
