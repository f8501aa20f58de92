import { DescribeTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { type AttributeMap, itemBytes } from '../../local/dynamodb/attribute-value.ts';
import { rootClient } from '../root-client.ts';
import { newClinic, sendTexts, startSync } from './jobs.ts';
import { prices } from './prices.ts';
import { contactsCsv, longOrders, patients, services, users } from './records.ts';
import type { User, World } from './world.ts';

/** Records of one kind at rest, with all that is kept for them: entries of indexes, audit, outcomes. */
export interface Stored {
  readonly kind: string;
  readonly records: number;
  readonly bytesByTable: Readonly<Record<string, number>>;
}

/** Bytes that DynamoDB adds to each item, and to each entry of an index (developer guide, "Item sizes"). */
const overheadBytes = 100;

const nothing = () => {};

/** The bytes of a table with its indexes, by DynamoDB's rules. */
async function tableBytes(client: DynamoDBClient, TableName: string): Promise<number> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const keys = (Table?.KeySchema ?? []).map(({ AttributeName = '' }) => AttributeName);
  const indexes = [...(Table?.LocalSecondaryIndexes ?? []), ...(Table?.GlobalSecondaryIndexes ?? [])];
  const projections = indexes.map(({ KeySchema = [], Projection = {} }) => {
    const own = KeySchema.map(({ AttributeName = '' }) => AttributeName);
    const all = Projection.ProjectionType === 'ALL';
    return {
      own,
      names: all ? undefined : new Set([...keys, ...own, ...(Projection.NonKeyAttributes ?? [])]),
    };
  });
  let bytes = 0;
  let from: Record<string, never> | undefined;
  // Ends with the table.
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey: from }));
    for (const item of (page.Items ?? []) as AttributeMap[]) {
      bytes += itemBytes(item, nothing) + overheadBytes;
      for (const { own, names } of projections) {
        if (!own.every((name) => name in item)) continue;
        const shown = Object.entries(item).filter(([name]) => names?.has(name) ?? true);
        bytes += itemBytes(Object.fromEntries(shown), nothing) + overheadBytes;
      }
    }
    from = page.LastEvaluatedKey as typeof from;
  } while (from);
  return bytes;
}

const importRecords = (kind: string, records: (count: number) => object[]) => ({
  kind,
  put: (_world: World, user: User, count: number) =>
    user.call('POST', `/api/v1/admin/import/${kind}/`, records(count)),
});

const batchMax = 500;

const kinds: readonly { kind: string; put(world: World, user: User, count: number): Promise<unknown> }[] = [
  {
    kind: 'patients',
    async put(_world, user, count) {
      for (let made = 0; made < count; made += batchMax)
        await user.call('POST', '/api/v1/batch/patients', patients(Math.min(batchMax, count - made)));
    },
  },
  {
    kind: 'contacts',
    put: (_world, user, count) =>
      user.call('POST', '/api/messaging/contacts/bulk-import', {
        import_type: 'csv',
        csv_data: contactsCsv(count),
      }),
  },
  {
    kind: 'texts, with their receipts',
    put: async (world, user, count) => (await sendTexts(count).prepare(world, user))(),
  },
  {
    kind: 'patients from Cliniko',
    async put(world, user, count) {
      await newClinic(world, user, count);
      await startSync(user)();
    },
  },
  {
    kind: 'contents',
    async put(_world, { call, sub, tenantId }, count) {
      const contents = Array.from({ length: count }, (_, n) => ({
        ...{ contentId: `${tenantId}-${n}`, title: `Lesson ${n} of the course`, contentType: 'video' },
      }));
      for (let made = 0; made < count; made += 100)
        await call('POST', '/api/content', { creator: sub, items: contents.slice(made, made + 100) });
    },
  },
  importRecords('orders', longOrders),
  importRecords('users', users),
  importRecords('services', services),
];

/** Measures so many records of each kind at rest. */
export async function storedKinds(world: World, records: number): Promise<Stored[]> {
  const client = new DynamoDBClient(rootClient(world.running.awsEndpoint));
  // Guards of rate limits and repeated calls are gone after a day.
  const names = [...world.tables].filter(([, name]) => name !== 'guards');
  const sizes = async () =>
    new Map(
      await Promise.all(
        names.map(async ([physical, name]) => [name, await tableBytes(client, physical)] as const),
      ),
    );
  const stored: Stored[] = [];
  try {
    for (const { kind, put } of kinds) {
      const user = await world.user();
      const before = await sizes();
      await world.consumed(() => put(world, user, records));
      const after = await sizes();
      const grown = [...after].map(([name, bytes]) => [name, bytes - (before.get(name) ?? 0)] as const);
      stored.push({
        kind,
        records,
        bytesByTable: Object.fromEntries(grown.filter(([, bytes]) => bytes > 0)),
      });
    }
  } finally {
    client.destroy();
  }
  return stored;
}

/** Bytes of all tables. */
export const bytesOf = ({ bytesByTable }: Stored): number =>
  Object.values(bytesByTable).reduce((sum, bytes) => sum + bytes, 0);

/** Dollars for a month of so many bytes with point-in-time recovery, by list prices. */
export const storageDollars = (bytes: number): number => (bytes / 1e9) * (prices.tableGb + prices.recoveryGb);
