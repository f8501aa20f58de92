import type { AttributeMap } from './attribute-value.ts';
import { checkExpressions, type Expressions } from './expression-rules.ts';
import { checkNamed, checkPut, checkUpdate } from './item-rules.ts';
import { keyText } from './key-rules.ts';
import type { Report } from './report.ts';
import { type TableShape, tableNamed } from './table-shape.ts';

/** Limits of requests for several items (API reference of each operation; developer guide, Constraints). */
const actionsPerTransactionMax = 100;
const keysPerGetMax = 100;
const writesPerBatchMax = 25;
const transactionBytesMax = 4 * 1_048_576;
const batchBytesMax = 16 * 1_048_576;
const clientTokenLengthMax = 36;

/** The action of a transaction, of any kind. */
export interface TransactAction extends Expressions {
  readonly TableName?: string;
  readonly Item?: AttributeMap;
  readonly Key?: AttributeMap;
}
/** The keys that a BatchGetItem reads from one table. */
export interface KeysOfTable extends Expressions {
  readonly Keys?: readonly AttributeMap[];
}
/** A write of a BatchWriteItem. */
export interface BatchWrite {
  readonly PutRequest?: { readonly Item?: AttributeMap };
  readonly DeleteRequest?: { readonly Key?: AttributeMap };
}

/**
 * TransactWriteItems and TransactGetItems. The size counts the items that a transaction puts and the keys
 * that it names; on AWS updated and checked items count whole, so a transaction that is small enough here may
 * be too large there.
 */
export function checkTransaction(
  actions: readonly Readonly<Record<string, TransactAction>>[],
  token: string | undefined,
  tables: readonly TableShape[],
  report: Report,
): void {
  if (actions.length > actionsPerTransactionMax)
    report(`${actions.length} actions of a transaction, more than ${actionsPerTransactionMax}`);
  if (token !== undefined && token.length > clientTokenLengthMax)
    report(`ClientRequestToken has ${token.length} characters, more than ${clientTokenLengthMax}`);
  const seen = new Set<string>();
  let bytes = 0;
  actions.forEach((entry, place) => {
    const reportOf: Report = (violation) => report(`action ${place}: ${violation}`);
    for (const kind in entry) {
      const action = entry[kind];
      if (action) bytes += checkAction(action, seen, tableNamed(tables, action.TableName), reportOf);
    }
  });
  if (bytes > transactionBytesMax)
    report(`a transaction has ${bytes} bytes, more than ${transactionBytesMax}`);
}

/** One action, which returns its bytes; `seen` holds the keys of the actions before it. */
function checkAction(
  action: TransactAction,
  seen: Set<string>,
  table: TableShape | undefined,
  report: Report,
): number {
  const { Item, Key } = action;
  checkExpressions(action, report);
  checkUpdate(table, action, report);
  if (table) reportSecond(seen, keyText(table, Item ?? Key ?? {}), report);
  if (Item) return checkPut(table, Item, report);
  return Key ? checkNamed(table, Key, report) : 0;
}

function reportSecond(seen: Set<string>, key: string, report: Report): void {
  if (seen.has(key)) report(`a second time the item ${key} in one request`);
  seen.add(key);
}

export function checkBatchGet(
  requests: Readonly<Record<string, KeysOfTable>>,
  tables: readonly TableShape[],
  report: Report,
): void {
  const seen = new Set<string>();
  let count = 0;
  for (const name in requests) {
    const table = tableNamed(tables, name);
    const request = requests[name];
    if (request) checkExpressions(request, report);
    for (const key of request?.Keys ?? []) {
      count++;
      checkNamed(table, key, report);
      if (table) reportSecond(seen, keyText(table, key), report);
    }
  }
  if (count > keysPerGetMax) report(`${count} keys of a BatchGetItem, more than ${keysPerGetMax}`);
}

export function checkBatchWrite(
  requests: Readonly<Record<string, readonly BatchWrite[]>>,
  tables: readonly TableShape[],
  report: Report,
): void {
  const seen = new Set<string>();
  let [count, bytes] = [0, 0];
  for (const name in requests) {
    const table = tableNamed(tables, name);
    for (const { PutRequest, DeleteRequest } of requests[name] ?? []) {
      count++;
      const [item, key] = [PutRequest?.Item, DeleteRequest?.Key];
      if (item) bytes += checkPut(table, item, report);
      if (key) bytes += checkNamed(table, key, report);
      if (table) reportSecond(seen, keyText(table, item ?? key ?? {}), report);
    }
  }
  if (count > writesPerBatchMax)
    report(`${count} writes of a BatchWriteItem, more than ${writesPerBatchMax}`);
  if (bytes > batchBytesMax) report(`a BatchWriteItem has ${bytes} bytes, more than ${batchBytesMax}`);
}
