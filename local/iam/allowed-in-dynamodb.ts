import { arn } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';
import { dynamoActions } from './dynamodb-accesses.ts';
import type { Judge } from './judge.ts';

interface TableProperties {
  readonly GlobalSecondaryIndexes?: readonly { readonly IndexName: string }[];
  readonly LocalSecondaryIndexes?: readonly { readonly IndexName: string }[];
}

/**
 * The item operations that a role may perform on the stack's tables and indexes, as `action ARN`.
 *
 * @returns a function from the role's name, so that roles of functions that are never invoked cost nothing.
 */
export function allowedInDynamo(stack: Stack, judge: Judge): (role: string) => ReadonlySet<string> {
  const resources = stack
    .resources<TableProperties>('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')
    .flatMap(({ name, properties: { GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] } }) => [
      arn('dynamodb', `table/${name}`),
      ...[...GlobalSecondaryIndexes, ...LocalSecondaryIndexes].map(({ IndexName }) =>
        arn('dynamodb', `table/${name}/index/${IndexName}`),
      ),
    ]);
  const accesses = resources.flatMap((resource) => dynamoActions.map((action) => ({ action, resource })));
  return (role) =>
    new Set(
      accesses
        .filter((access) => judge.firstDenied(role, [access]) === undefined)
        .map(({ action, resource }) => `${action} ${resource}`),
    );
}
