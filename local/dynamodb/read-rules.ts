import type { AttributeMap } from './attribute-value.ts';
import { type Facts, factsOf } from './expression.ts';
import { type Expressions, resolvedName } from './expression-rules.ts';
import { keyConditions, satisfies } from './key-condition.ts';
import { checkKeyValue } from './key-rules.ts';
import type { Report } from './report.ts';
import type { IndexShape, KeyAttribute, TableShape } from './table-shape.ts';

/** The fields of Query and Scan that the rules look at. */
export interface ReadRequest extends Expressions {
  readonly IndexName?: string;
  readonly Select?: string;
  readonly Limit?: number;
  readonly ConsistentRead?: boolean;
  readonly ExclusiveStartKey?: AttributeMap;
  readonly Segment?: number;
  readonly TotalSegments?: number;
}

/** The rules of Query and Scan (API reference of both). */
export function checkRead(table: TableShape | undefined, request: ReadRequest, report: Report): void {
  const { Limit, Segment = 0, TotalSegments } = request;
  if (Limit !== undefined && Limit < 1) report(`Limit is ${Limit}, less than 1`);
  if (TotalSegments !== undefined && Segment >= TotalSegments)
    report(`Segment ${Segment} is not below TotalSegments ${TotalSegments}`);
  checkSelect(request, report);
  if (!table) return;
  const index = table.indexes.find(({ name }) => name === request.IndexName);
  if (request.IndexName !== undefined && !index) {
    report(`${table.name} has no index ${request.IndexName}`);
    return;
  }
  if (index?.isGlobal) checkGlobal(table, index, request, report);
  if (index && request.FilterExpression !== undefined)
    checkHeld(table, index, factsOf('condition', request.FilterExpression), request, report);
  const keys = index?.keys ?? table.keys;
  checkKeyConditions(keys, request, report);
  if (request.ExclusiveStartKey)
    checkStartKey([...table.keys, ...(index?.keys ?? [])], keys, request, request.ExclusiveStartKey, report);
}

function checkSelect(request: ReadRequest, report: Report): void {
  const { Select, ProjectionExpression, IndexName } = request;
  const isSpecific = Select === undefined || Select === 'SPECIFIC_ATTRIBUTES';
  if (ProjectionExpression !== undefined && !isSpecific)
    report(`Select is ${Select} beside a ProjectionExpression`);
  if (ProjectionExpression === undefined && Select === 'SPECIFIC_ATTRIBUTES')
    report('Select is SPECIFIC_ATTRIBUTES without a ProjectionExpression');
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && IndexName === undefined)
    report('Select is ALL_PROJECTED_ATTRIBUTES without an index');
}

/** A global index is read with eventual consistency, and holds only what is projected into it. */
function checkGlobal(table: TableShape, index: IndexShape, request: ReadRequest, report: Report): void {
  if (request.ConsistentRead) report(`a consistent read of the global index ${index.name}`);
  if (index.projected && request.Select === 'ALL_ATTRIBUTES')
    report(`Select is ALL_ATTRIBUTES on the global index ${index.name}, which does not hold all`);
  if (request.ProjectionExpression !== undefined)
    checkHeld(table, index, factsOf('projection', request.ProjectionExpression), request, report);
}

/** Attributes that an index must hold: for a filter also a local one, which fetches only what it returns. */
function checkHeld(
  table: TableShape,
  { name: indexName, keys, projected }: IndexShape,
  { paths }: Facts,
  request: ReadRequest,
  report: Report,
): void {
  if (!projected) return;
  const held = new Set([...projected, ...[...table.keys, ...keys].map((key) => key.name)]);
  for (const [element = ''] of paths) {
    const name = resolvedName(element, request.ExpressionAttributeNames);
    if (!held.has(name)) report(`the index ${indexName} does not hold the attribute ${name}`);
  }
}

/** Values of the key condition, which are keys themselves: neither empty nor too large, and of their type. */
function checkKeyConditions(keys: readonly KeyAttribute[], request: ReadRequest, report: Report): void {
  for (const { attribute, values } of keyConditions(request)) {
    const key = keys.find(({ name }) => name === attribute);
    if (!key) report(`KeyConditionExpression: ${attribute} is no key attribute`);
    else
      for (const value of values)
        checkKeyValue(key, value, (fault) => report(`KeyConditionExpression: ${fault}`));
  }
}

/**
 * The start of a page: the key attributes of table and index, and within the key condition. DynamoDB Local
 * also refuses the key that ends a range (`sk <= :end`), which is the last key of a page that AWS itself cut.
 */
function checkStartKey(
  all: readonly KeyAttribute[],
  keys: readonly KeyAttribute[],
  request: ReadRequest,
  startKey: AttributeMap,
  report: Report,
): void {
  const reportKey: Report = (fault) => report(`ExclusiveStartKey: ${fault}`);
  for (const key of all) {
    const value = startKey[key.name];
    if (value) checkKeyValue(key, value, reportKey);
    else reportKey(`the key attribute ${key.name} is missing`);
  }
  for (const name in startKey)
    if (!all.some((key) => key.name === name)) reportKey(`${name} is no key attribute`);
  for (const condition of keyConditions(request)) {
    const key = keys.find(({ name }) => name === condition.attribute);
    if (key && !satisfies(condition, key, startKey))
      reportKey(`${key.name} is outside of the key condition (Query: pagination)`);
  }
}
