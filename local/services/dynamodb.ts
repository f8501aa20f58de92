import { isDeepStrictEqual } from 'node:util';
import { rootAccessKey } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import { callEngine } from '../dynamodb/call-engine.ts';
import type { DynamoEngine } from '../dynamodb/engine.ts';
import { type Refusals, refusalIn } from '../dynamodb/refusals.ts';
import type { StrictCheck } from '../dynamodb/strict.ts';
import {
  type IndexDefinition,
  type TableDefinition,
  type TableShape,
  tableResources,
  tableShape,
} from '../dynamodb/table-shape.ts';
import { dynamoAccesses, possibleAccesses } from '../iam/dynamodb-accesses.ts';
import type { Guard } from '../iam/guard.ts';
import type { Judge } from '../iam/judge.ts';
import type { Stack } from '../template/stack.ts';
import { type AwsService, operationOf } from './service.ts';

const target = 'DynamoDB_20120810';

/**
 * DynamoDB: each request is judged, then forwarded to the engine unchanged.
 *
 * @param around the way to the engine through AWS's limits or a meter, which the root key passes by.
 * @param refusals gets those that the engine refuses as invalid.
 * @param strict refuses what AWS refuses and the engine takes; without it the engine alone decides.
 */
export function dynamoService(
  engine: Pick<DynamoEngine, 'forward'>,
  around: Pick<DynamoEngine, 'forward'> | undefined,
  judge: Judge,
  guard: Guard,
  refusals: Refusals,
  strict: StrictCheck | undefined,
): AwsService {
  return async (request) => {
    const operation = operationOf(request);
    // Latin-1 (one byte per character) suffices to find names, and is the cheapest way to search a large
    // body.
    const possible = possibleAccesses(operation, request.body.toString('latin1'));
    const surelyAllowed =
      possible !== undefined && judge.firstDenied(request.principal, possible) === undefined;
    if (!surelyAllowed) guard(request.principal, dynamoAccesses(operation, request.body.toString()));
    strict?.(request.principal, operation, request.body.toString());
    const way = request.principal === rootAccessKey ? engine : (around ?? engine);
    const answer = await way.forward(String(request.headers['x-amz-target']), request.body);
    const refusal = answer.status === 400 ? refusalIn(operation, answer.body.toString()) : undefined;
    if (refusal) refusals.add(request.principal, refusal);
    return answer;
  };
}

/** The tables of a run. */
export interface Tables {
  readonly shapes: readonly TableShape[];
  readonly expiring: readonly ExpiringTable[];
}

/** A table with time to live; `attribute` holds an item's expiry in seconds since the Unix epoch. */
export interface ExpiringTable {
  readonly name: string;
  readonly attribute: string;
  readonly keys: readonly string[];
}

/**
 * Creates the tables of the template that the engine does not have yet; existing tables keep their data.
 * Others that functions use, as those of a restore, are there already: they have the keys, indexes and time
 * to live that the engine says.
 *
 * @throws CannotStart if the engine refuses a table, or has it with other keys or indexes.
 */
export async function createTables(stack: Stack, engine: DynamoEngine): Promise<Tables> {
  const tables = tableResources(stack);
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
  const own = new Set(tables.map(({ name }) => name));
  const used = namesInEnvironments(stack);
  const names = (await tableNames(engine)).filter((name) => used.has(name) && !own.has(name));
  const others = await Promise.all(names.map((name) => describe(name, engine)));
  const all: { name: string; properties: TableDefinition }[] = [...tables, ...others];
  return {
    shapes: all.map(({ name, properties }) => tableShape(name, properties)),
    expiring: all.flatMap(({ name, properties }) => {
      const { AttributeName: attribute, Enabled } = properties.TimeToLiveSpecification ?? {};
      const keys = tableShape(name, properties).keys.map((key) => key.name);
      return attribute && Enabled !== false ? [{ name, attribute, keys }] : [];
    }),
  };
}

interface FunctionProperties {
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
}

/** The values of all environment variables of functions, by which they are told the names of tables. */
const namesInEnvironments = (stack: Stack): ReadonlySet<string> =>
  new Set(
    stack
      .resources<FunctionProperties>('AWS::Lambda::Function')
      .flatMap(({ properties }) => Object.values(properties.Environment?.Variables ?? {})),
  );

/** The names of all tables of an engine. */
async function tableNames(engine: DynamoEngine): Promise<string[]> {
  const names: string[] = [];
  let start: string | undefined;
  // Ends with the last table.
  do {
    const page: { TableNames: string[]; LastEvaluatedTableName?: string } = await callEngine(
      engine,
      'ListTables',
      { ExclusiveStartTableName: start },
    );
    names.push(...page.TableNames);
    start = page.LastEvaluatedTableName;
  } while (start);
  return names;
}

/** A table as the engine has it, with its time to live. */
async function describe(
  TableName: string,
  engine: DynamoEngine,
): Promise<{ name: string; properties: TableDefinition }> {
  const { Table } = await callEngine<{ Table: TableDefinition }>(engine, 'DescribeTable', { TableName });
  const { TimeToLiveDescription: live = {} } = await callEngine<{
    TimeToLiveDescription?: { AttributeName?: string; TimeToLiveStatus?: string };
  }>(engine, 'DescribeTimeToLive', { TableName });
  const { AttributeName, TimeToLiveStatus } = live;
  const isOn = AttributeName !== undefined && TimeToLiveStatus === 'ENABLED';
  return {
    name: TableName,
    properties: isOn ? { ...Table, TimeToLiveSpecification: { AttributeName, Enabled: true } } : Table,
  };
}

/**
 * Refuses a table of an earlier run whose keys or indexes differ: its items cannot be read by the new keys.
 */
async function refuseOtherShape(name: string, wanted: TableDefinition, engine: DynamoEngine): Promise<void> {
  const { properties } = await describe(name, engine);
  if (!isDeepStrictEqual(tableShape(name, properties), tableShape(name, wanted)))
    throw new CannotStart(
      `The table ${name} of an earlier run has other keys or indexes: remove DATA_DIR or choose another`,
    );
}

/** The properties of an index that CreateTable and both table types share; throughput is not modelled. */
const indexes = (list?: readonly IndexDefinition[]): IndexDefinition[] | undefined =>
  list?.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
