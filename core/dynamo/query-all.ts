import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { TableName } from '../contract/resources.ts';
import { documents, tableName } from './tables.ts';

/** Everything under one partition key whose sort key begins like this, in pages of up to 1 MB. */
export async function* queryAll(
  table: TableName,
  {
    pk,
    prefix,
    newestFirst = false,
    limit,
  }: { pk: string; prefix: string; newestFirst?: boolean; limit?: number | undefined },
): AsyncGenerator<Record<string, unknown>[]> {
  let from: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await documents().send(
      new QueryCommand({
        TableName: tableName(table),
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
        ConsistentRead: true,
        ScanIndexForward: !newestFirst,
        ...(limit ? { Limit: limit } : {}),
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    yield Items;
    from = LastEvaluatedKey;
  } while (from);
}
