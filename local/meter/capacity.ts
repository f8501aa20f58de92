import { consumedIn } from '../dynamodb/consumed-capacity.ts';
import type { ItemAction } from '../limits/touches.ts';

/** Capacity units of a table. `indexWrite` is the part of `write` that its indexes took. */
export interface TableUnits {
  read: number;
  write: number;
  indexWrite: number;
}

/** The fields of a request that tell which items it writes. */
export interface MeteredRequest extends ItemAction {
  readonly TransactItems?: readonly Readonly<Record<string, ItemAction>>[];
}

const readingOperations: ReadonlySet<string> = new Set([
  'GetItem',
  'BatchGetItem',
  'Query',
  'Scan',
  'TransactGetItems',
]);

/**
 * Errors of writes that consumed units: the condition was evaluated (developer guide, "Condition
 * expressions").
 */
const chargedErrors = /ConditionalCheckFailedException|TransactionCanceledException/;

/**
 * The units that a request consumed, by table. AWS does not report those of a write whose condition failed:
 * such a write counts one unit for each item, and two in a transaction, which is what an item of a kilobyte
 * takes.
 */
export function unitsOfRequest(
  operation: string,
  request: MeteredRequest,
  status: number,
  body: string,
): (TableUnits & { table: string })[] {
  if (status !== 200) return chargedErrors.test(body) ? refusedUnits(request) : [];
  const reported = consumedIn(JSON.parse(body) as object) ?? [];
  return reported.map((capacity) => {
    const { TableName: table = '', CapacityUnits = 0 } = capacity;
    const indexes = { ...capacity.LocalSecondaryIndexes, ...capacity.GlobalSecondaryIndexes };
    const ofIndexes = Object.values(indexes).reduce((sum, { CapacityUnits: units = 0 }) => sum + units, 0);
    return readingOperations.has(operation)
      ? { table, read: CapacityUnits, write: 0, indexWrite: 0 }
      : { table, read: 0, write: CapacityUnits, indexWrite: ofIndexes };
  });
}

function refusedUnits({ TableName, TransactItems }: MeteredRequest): (TableUnits & { table: string })[] {
  if (!TransactItems) return [{ table: TableName ?? '', read: 0, write: 1, indexWrite: 0 }];
  return TransactItems.flatMap((entry) => Object.values(entry)).map((action) => ({
    table: action.TableName ?? '',
    ...{ read: 0, write: 2, indexWrite: 0 },
  }));
}
