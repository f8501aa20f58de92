import { arn } from '../template/resource-names.ts';
import type { Access } from './judge.ts';

interface TransactItem {
  readonly [operation: string]: { readonly TableName: string } | undefined;
}
interface DynamoBody {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly TransactItems?: readonly TransactItem[];
  readonly ResourceArn?: string;
}

/** The IAM action of each kind of entry of a TransactWriteItems. */
const writeActions: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
};

/** The IAM action of each kind of entry of a transaction. */
const transactActions: Readonly<Record<string, string>> = { ...writeActions, Get: 'dynamodb:GetItem' };

/** IAM actions on items. */
export const dynamoActions = [
  ...Object.values(transactActions),
  ...['Query', 'Scan', 'BatchGetItem', 'BatchWriteItem'].map((operation) => `dynamodb:${operation}`),
];

/** Finds the tables that the JSON text of a request names. */
const tableNames = /"TableName"\s*:\s*"([^"]*)"/g;

/** The resource of an access to this table, which a request names by name or ARN; `*` if it names none. */
function tableArn(table: string | undefined): string {
  if (table === undefined) return '*';
  return table.startsWith('arn:') ? table : arn('dynamodb', `table/${table}`);
}

/**
 * A superset of the accesses of a request, found without parsing it; undefined if there is no cheap way.
 *
 * A transaction of 100 items is the most frequent and largest request, and parsing it costs more than judging
 * it. The unescaped quotes of the pattern cannot occur inside a JSON string, so every table that the request
 * names is found (an attribute that happens to be called `TableName` would only add one). If all of these
 * accesses are allowed, so is the request; if not, the request is parsed and judged exactly.
 */
export function possibleAccesses(operation: string, body: string): Access[] | undefined {
  if (operation !== 'TransactWriteItems') return;
  const tables = new Set(Array.from(body.matchAll(tableNames), ([, table = '']) => table));
  if (tables.size === 0) return;
  return [...tables].flatMap((table) =>
    Object.values(writeActions).map((action) => ({ action, resource: tableArn(table) })),
  );
}

/** The exact accesses of a request to DynamoDB: one per item of a transaction; an index has its own ARN. */
export function dynamoAccesses(operation: string, text: string): Access[] {
  const body = JSON.parse(text) as DynamoBody;
  if (body.TransactItems)
    return distinct(
      body.TransactItems.flatMap((item) =>
        Object.entries(item).map(([entry, target]) => ({
          action: transactActions[entry] ?? `dynamodb:${entry}`,
          resource: tableArn(target?.TableName),
        })),
      ),
    );
  const action = `dynamodb:${operation}`;
  if (body.RequestItems)
    return Object.keys(body.RequestItems).map((table) => ({ action, resource: tableArn(table) }));
  if (body.ResourceArn) return [{ action, resource: body.ResourceArn }];
  const table = tableArn(body.TableName);
  return [{ action, resource: body.IndexName ? `${table}/index/${body.IndexName}` : table }];
}

function distinct(accesses: readonly Access[]): Access[] {
  return [...new Map(accesses.map((access) => [`${access.action} ${access.resource}`, access])).values()];
}
