import type { AttributeMap } from './attribute-value.ts';
import { checkExpressions } from './expression-rules.ts';
import {
  type BatchWrite,
  checkBatchGet,
  checkBatchWrite,
  checkTransaction,
  type KeysOfTable,
  type TransactAction,
} from './group-rules.ts';
import { checkNamed, checkPut, checkUpdate } from './item-rules.ts';
import { checkRead, type ReadRequest } from './read-rules.ts';
import type { Report } from './report.ts';
import { type TableShape, tableNamed } from './table-shape.ts';

/** The fields of all operations on items that the rules look at. */
interface ItemRequest extends ReadRequest {
  readonly TableName?: string;
  readonly Item?: AttributeMap;
  readonly Key?: AttributeMap;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly TransactItems?: readonly Readonly<Record<string, TransactAction>>[];
  readonly ClientRequestToken?: string;
}

/**
 * Rules of AWS's DynamoDB that a request breaks, as sentences with their source: "Constraints", "Reserved
 * words", "item sizes" and so on are pages of the developer guide, the others the API reference of the
 * operation. Empty if AWS may take the request. Rules that depend on stored items are not among them.
 *
 * @param operation such as `PutItem`; other operations than those on items have no rules.
 * @param request its body in DynamoDB's own notation.
 * @param tables the tables whose keys and indexes are known; others are checked without them.
 */
export function violations(operation: string, request: object, tables: readonly TableShape[]): string[] {
  const found: string[] = [];
  const report: Report = (violation) => void found.push(violation);
  rulesOf[operation]?.(request, tables, report);
  return found;
}

type Rules = (request: ItemRequest, tables: readonly TableShape[], report: Report) => void;

const checkByKey: Rules = (request, tables, report) => {
  const table = tableNamed(tables, request.TableName);
  checkExpressions(request, report);
  checkNamed(table, request.Key ?? {}, report);
  checkUpdate(table, request, report);
};
const checkQueryOrScan: Rules = (request, tables, report) => {
  checkExpressions(request, report);
  checkRead(tableNamed(tables, request.TableName), request, report);
};
const checkTransacted: Rules = ({ TransactItems = [], ClientRequestToken }, tables, report) =>
  checkTransaction(TransactItems, ClientRequestToken, tables, report);

const rulesOf: Readonly<Record<string, Rules>> = {
  GetItem: checkByKey,
  UpdateItem: checkByKey,
  DeleteItem: checkByKey,
  PutItem: (request, tables, report) => {
    checkExpressions(request, report);
    checkPut(tableNamed(tables, request.TableName), request.Item ?? {}, report);
  },
  Query: checkQueryOrScan,
  Scan: checkQueryOrScan,
  TransactWriteItems: checkTransacted,
  TransactGetItems: checkTransacted,
  BatchGetItem: ({ RequestItems = {} }, tables, report) =>
    checkBatchGet(RequestItems as Readonly<Record<string, KeysOfTable>>, tables, report),
  BatchWriteItem: ({ RequestItems = {} }, tables, report) =>
    checkBatchWrite(RequestItems as Readonly<Record<string, readonly BatchWrite[]>>, tables, report),
};
