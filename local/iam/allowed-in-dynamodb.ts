import type { TableShape } from '../dynamodb/table-shape.ts';
import { arn } from '../template/resource-names.ts';
import { dynamoActions } from './dynamodb-accesses.ts';
import type { Judge } from './judge.ts';

/**
 * The item operations that a role may perform on these tables and their indexes, as `action ARN`.
 *
 * @returns a function from the role's name, so that roles of functions that are never invoked cost nothing.
 */
export function allowedInDynamo(
  tables: readonly TableShape[],
  judge: Judge,
): (role: string) => ReadonlySet<string> {
  const resources = tables.flatMap((table) => [
    arn('dynamodb', `table/${table.name}`),
    ...table.indexes.map((index) => arn('dynamodb', `table/${table.name}/index/${index.name}`)),
  ]);
  const accesses = resources.flatMap((resource) => dynamoActions.map((action) => ({ action, resource })));
  return (role) =>
    new Set(
      accesses
        .filter((access) => judge.firstDenied(role, [access]) === undefined)
        .map(({ action, resource }) => `${action} ${resource}`),
    );
}
