import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { recordKey } from '../../../core/ledger/items.ts';

const partition = (TableName: string, tenant: string) => ({
  TableName,
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': recordKey(tenant, '').pk },
  ConsistentRead: true,
});

/** Skips by reading: what an offset costs on DynamoDB without an index made for it. */
export async function readPast(
  documents: DynamoDBDocumentClient,
  table: string,
  tenant: string,
  count: number,
): Promise<void> {
  let start: Record<string, unknown> | undefined;
  for (let left = count; left > 0; ) {
    const page = await documents.send(
      new QueryCommand({ ...partition(table, tenant), Limit: left, ExclusiveStartKey: start }),
    );
    left -= page.Items?.length ?? 0;
    start = page.LastEvaluatedKey;
    if (!start) return;
  }
}

/** Counts by reading: what a total costs on DynamoDB without a counter. */
export async function countAll(
  documents: DynamoDBDocumentClient,
  table: string,
  tenant: string,
): Promise<number> {
  let total = 0;
  let start: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({ ...partition(table, tenant), Select: 'COUNT', ExclusiveStartKey: start }),
    );
    total += page.Count ?? 0;
    start = page.LastEvaluatedKey;
  } while (start);
  return total;
}
