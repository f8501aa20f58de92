import type { AttributeMap } from '../dynamodb/attribute-value.ts';
import type { Expressions } from '../dynamodb/expression-rules.ts';
import { keyConditions } from '../dynamodb/key-condition.ts';
import { keyText } from '../dynamodb/key-rules.ts';
import type { ReadRequest } from '../dynamodb/read-rules.ts';
import { type TableShape, tableNamed } from '../dynamodb/table-shape.ts';

/** One item, or one partition, that a request reads or writes. */
export interface Touch {
  readonly table: TableShape;
  readonly access: 'read' | 'write';
  /** What a write does to the item. */
  readonly effect: 'none' | 'put' | 'update' | 'delete';
  /** The item's key; absent where a request reads a range. */
  readonly key?: AttributeMap;
  /** The key as one text. */
  readonly item?: string;
  /**
   * What DynamoDB cannot split any further: the partition key of a table with a local index, the item of any
   * other. Absent where a request reads what can be split.
   */
  readonly partition?: string;
  /** The item that is put. */
  readonly put?: AttributeMap;
  /** How the item is updated. */
  readonly update?: Expressions;
}

/** An action of a transaction, or the request for one item. */
export interface ItemAction extends Expressions {
  readonly TableName?: string;
  readonly Item?: AttributeMap;
  readonly Key?: AttributeMap;
}

/** The fields of requests on items that the limits look at. */
export interface ItemRequest extends ItemAction, ReadRequest {
  readonly TransactItems?: readonly Readonly<Record<string, ItemAction>>[];
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly ClientRequestToken?: string;
  readonly ReturnItemCollectionMetrics?: 'NONE' | 'SIZE';
}

/** A write of a BatchWriteItem. */
export interface BatchedWrite {
  readonly PutRequest?: { readonly Item: AttributeMap };
  readonly DeleteRequest?: { readonly Key: AttributeMap };
}

/** True if DynamoDB keeps all items of one partition key together, since a local index lists them. */
export const hasLocalIndex = (table: TableShape): boolean => table.indexes.some((index) => !index.isGlobal);

/** The partition key of an item, as one text. */
const partitionOf = (table: TableShape, key: AttributeMap): string =>
  keyText({ ...table, keys: table.keys.filter(({ role }) => role === 'HASH') }, key);

const effects: Readonly<Record<string, Touch['effect']>> = {
  Put: 'put',
  PutItem: 'put',
  PutRequest: 'put',
  Update: 'update',
  UpdateItem: 'update',
  Delete: 'delete',
  DeleteItem: 'delete',
  DeleteRequest: 'delete',
};

/**
 * The touch of one item.
 *
 * @param kind the operation, or the kind of an action in a transaction or batch, such as `Put`.
 */
export function touchOf(table: TableShape, kind: string, action: ItemAction): Touch {
  const whole = action.Item ?? action.Key ?? {};
  const key = Object.fromEntries(
    table.keys.flatMap(({ name }) => (whole[name] ? [[name, whole[name]]] : [])),
  );
  const item = keyText(table, key);
  return {
    ...{
      table,
      key,
      item,
      effect: effects[kind] ?? 'none',
      access: kind.startsWith('Get') ? 'read' : 'write',
    },
    partition: hasLocalIndex(table) ? partitionOf(table, key) : item,
    ...(action.Item && { put: action.Item }),
    ...(action.UpdateExpression !== undefined && { update: action }),
  };
}

/** The touch of a Query or a Scan. */
export function rangeTouch(table: TableShape, operation: string, request: ReadRequest): Touch {
  const hash = table.keys.find(({ role }) => role === 'HASH');
  const value =
    operation === 'Query' && hasLocalIndex(table)
      ? keyConditions(request).find(({ attribute }) => attribute === hash?.name)?.values[0]
      : undefined;
  return {
    table,
    ...{ access: 'read', effect: 'none' },
    ...(hash && value && { partition: partitionOf(table, { [hash.name]: value }) }),
  };
}

/** The touches of a transaction in the order of its actions; `undefined` for a table that is not known. */
export const transactionTouches = (
  { TransactItems = [] }: ItemRequest,
  tables: readonly TableShape[],
): (Touch | undefined)[] =>
  TransactItems.map((entry) => {
    const [kind = '', action = {}] = Object.entries(entry)[0] ?? [];
    const table = tableNamed(tables, action.TableName);
    return table && touchOf(table, kind, action);
  });
