import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Running } from '../../local/start.ts';
import { rootClient } from '../root-client.ts';

type Item = Record<string, unknown>;

/**
 * The tables of a service behind its back, for what no route shows. `kind` is part of a table's name:
 * `guards`, `audit`, `patients`.
 */
export function tablesOf({ awsEndpoint }: Pick<Running, 'awsEndpoint'>) {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(rootClient(awsEndpoint)));
  const nameOf = async (kind: string): Promise<string> => {
    const { TableNames = [] } = await documents.send(new ListTablesCommand({}));
    const name = TableNames.find((one) => one.toLowerCase().includes(kind));
    if (!name) throw new Error(`no table of ${kind} among ${TableNames}`);
    return name;
  };
  return {
    nameOf,
    async scan(kind: string): Promise<Item[]> {
      const TableName = await nameOf(kind);
      const items: Item[] = [];
      let from: Item | undefined;
      do {
        const page = await documents.send(new ScanCommand({ TableName, ExclusiveStartKey: from }));
        items.push(...(page.Items ?? []));
        from = page.LastEvaluatedKey;
      } while (from);
      return items;
    },
    /** Gives an item another key, or other attributes. */
    async move(kind: string, item: Item, changes: Item): Promise<void> {
      const TableName = await nameOf(kind);
      await documents.send(new PutCommand({ TableName, Item: { ...item, ...changes } }));
      await documents.send(new DeleteCommand({ TableName, Key: { pk: item.pk, sk: item.sk } }));
    },
    /** Sets one attribute of one item, by its key or by its `pk` if that is the whole of it. */
    async set(kind: string, key: string | Item, attribute: string, value: unknown): Promise<void> {
      await documents.send(
        new UpdateCommand({
          TableName: await nameOf(kind),
          Key: typeof key === 'string' ? { pk: key } : key,
          UpdateExpression: 'SET #attribute = :value',
          ExpressionAttributeNames: { '#attribute': attribute },
          ExpressionAttributeValues: { ':value': value },
        }),
      );
    },
  };
}
