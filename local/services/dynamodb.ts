import { CannotStart } from '../cannot-start.ts';
import { dynamoAccesses, possibleAccesses } from '../iam/dynamodb-accesses.ts';
import type { Guard } from '../iam/guard.ts';
import type { Judge } from '../iam/judge.ts';
import type { Stack } from '../template/stack.ts';
import type { DynamoEngine } from './dynamodb-engine.ts';
import { type AwsService, operationOf } from './service.ts';

const target = 'DynamoDB_20120810';

/** DynamoDB: every request is judged, then handed to the engine as it is. */
export function dynamoService(engine: DynamoEngine, judge: Judge, guard: Guard): AwsService {
  return (request) => {
    const operation = operationOf(request);
    // One byte per character is enough to find names, and the cheapest way to look at a large body.
    const possible = possibleAccesses(operation, request.body.toString('latin1'));
    const surelyAllowed =
      possible !== undefined && judge.firstDenied(request.principal, possible) === undefined;
    if (!surelyAllowed) guard(request.principal, dynamoAccesses(operation, request.body.toString()));
    return engine.forward(String(request.headers['x-amz-target']), request.body);
  };
}

/** A table as CloudFormation has it; DynamoDB's own CreateTable takes the same names. */
interface TableProperties {
  readonly AttributeDefinitions: readonly unknown[];
  readonly KeySchema: readonly KeyElement[];
  readonly GlobalSecondaryIndexes?: readonly Index[];
  readonly LocalSecondaryIndexes?: readonly Index[];
  readonly TimeToLiveSpecification?: { readonly AttributeName?: string; readonly Enabled?: boolean };
}
interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}
interface Index {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: unknown;
}

/** A table whose items end by themselves at the second that this attribute names. */
export interface ExpiringTable {
  readonly name: string;
  readonly attribute: string;
  readonly keys: readonly string[];
}

/**
 * Makes the tables of the template that the engine does not have yet; existing ones keep their data and their
 * shape.
 */
export async function createTables(stack: Stack, engine: DynamoEngine): Promise<ExpiringTable[]> {
  const tables = stack.resources<TableProperties>('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable');
  await Promise.all(
    tables.map(async ({ logicalId, name, properties }) => {
      const { status, body } = await engine.forward(
        `${target}.CreateTable`,
        JSON.stringify({
          TableName: name,
          AttributeDefinitions: properties.AttributeDefinitions,
          KeySchema: properties.KeySchema,
          BillingMode: 'PAY_PER_REQUEST',
          GlobalSecondaryIndexes: indexes(properties.GlobalSecondaryIndexes),
          LocalSecondaryIndexes: indexes(properties.LocalSecondaryIndexes),
        }),
      );
      const text = String(body);
      if (status === 200) return;
      if (!text.includes('ResourceInUseException'))
        throw new CannotStart(`The engine refused the table ${logicalId}: ${text}`);
      await refuseOtherShape(name, properties, engine);
    }),
  );
  return tables.flatMap(({ name, properties: { TimeToLiveSpecification: ttl, KeySchema } }) =>
    ttl?.AttributeName && ttl.Enabled !== false
      ? [{ name, attribute: ttl.AttributeName, keys: KeySchema.map(({ AttributeName }) => AttributeName) }]
      : [],
  );
}

/** A table of an earlier run whose keys have changed since: its rows cannot be read by the new ones. */
async function refuseOtherShape(name: string, wanted: TableProperties, engine: DynamoEngine): Promise<void> {
  const { body } = await engine.forward(`${target}.DescribeTable`, JSON.stringify({ TableName: name }));
  const { Table } = JSON.parse(String(body)) as { Table: TableProperties };
  if (shape(Table) !== shape(wanted))
    throw new CannotStart(
      `The table ${name} of an earlier run has other keys or indexes: remove DATA_DIR or choose another`,
    );
}

/** The keys of a table and of its indexes, as text to be compared. */
const shape = ({
  KeySchema,
  GlobalSecondaryIndexes = [],
  LocalSecondaryIndexes = [],
}: TableProperties): string =>
  JSON.stringify([
    keysOf(KeySchema),
    ...[...GlobalSecondaryIndexes, ...LocalSecondaryIndexes]
      .map((index) => [index.IndexName, keysOf(index.KeySchema)])
      .sort(),
  ]);

const keysOf = (schema: readonly KeyElement[]): string =>
  schema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).join(', ');

/** Only what both CloudFormation's two table types and CreateTable know; throughput is not modelled. */
const indexes = (list?: readonly Index[]): Index[] | undefined =>
  list?.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
