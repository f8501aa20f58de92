import {
  AttributeType,
  Billing,
  type ITableV2,
  ProjectionType,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { byName } from '../core/by-name.ts';
import { type TableName, tables } from '../core/contract/resources.ts';
import { keptWhereDataIs } from './kept.ts';
import type { Settings } from './settings.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

/**
 * Keys of a table whose records the ledger keeps. The thin index counts and skips records without reading
 * them.
 */
const ledger = {
  partitionKey: text('pk'),
  sortKey: text('sk'),
  localSecondaryIndexes: [
    {
      indexName: 'thin',
      sortKey: text('ix'),
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ['tx', 'c', 'x'],
    },
  ],
};

/**
 * Keys of a table whose records are found by id, and listed in the order of their creation, all or by the
 * facets of exports.
 */
const listed = {
  partitionKey: text('pk'),
  sortKey: text('sk'),
  localSecondaryIndexes: ['time', 'facet'].map((name) => ({
    indexName: name,
    sortKey: text(name),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: ['d'],
  })),
};

/**
 * The keys of each table, and the attribute by which items expire. The code that reads a table says what it
 * holds.
 */
const shapes: Record<
  TableName,
  Pick<TablePropsV2, 'partitionKey' | 'sortKey' | 'localSecondaryIndexes' | 'timeToLiveAttribute'>
> = {
  patients: ledger,
  cliniko: { partitionKey: text('pk'), sortKey: text('sk') },
  content: { partitionKey: text('pk'), sortKey: text('sk') },
  messaging: ledger,
  admin: listed,
  webhooks: { partitionKey: text('pk'), sortKey: text('sk'), timeToLiveAttribute: 'expires_at' },
  operations: { partitionKey: text('pk'), sortKey: text('sk'), timeToLiveAttribute: 'expires_at' },
  audit: { partitionKey: text('pk'), sortKey: text('sk') },
  guards: { partitionKey: text('pk'), timeToLiveAttribute: 'expires_at' },
  apiKeys: { partitionKey: text('pk'), sortKey: text('sk'), timeToLiveAttribute: 'expires_at' },
  apiKeyUses: { partitionKey: text('pk'), timeToLiveAttribute: 'expires_at' },
};

/** The names of a table's indexes, which are resources of their own in IAM. */
export const indexesOf = (name: TableName): string[] =>
  (shapes[name].localSecondaryIndexes ?? []).map(({ indexName }) => indexName);

/** The throughput of a table's settings in the words of the CDK. */
const warmThroughputOf = (
  warm: Settings['warmThroughput'][TableName],
): Pick<TablePropsV2, 'warmThroughput'> =>
  warm
    ? {
        warmThroughput: {
          ...(warm.readUnitsPerSecond ? { readUnitsPerSecond: warm.readUnitsPerSecond } : {}),
          ...(warm.writeUnitsPerSecond ? { writeUnitsPerSecond: warm.writeUnitsPerSecond } : {}),
        },
      }
    : {};

export type Tables = Record<TableName, ITableV2>;

/**
 * All tables. Their construct ids are their identity: renaming one deletes its data with the next deployment.
 *
 * A table that the setting `tableNames` replaces stays in the stack, so that going back is leaving out the
 * setting.
 */
export class TablesOf extends Construct {
  readonly tables: Tables;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const { warmThroughput } = settings;
    const make = (name: TableName): ITableV2 => {
      const own = new TableV2(this, name, {
        ...shapes[name],
        billing: Billing.onDemand(),
        ...warmThroughputOf(warmThroughput[name] ?? warmThroughput.all),
        encryption: settings.keepData
          ? TableEncryptionV2.awsManagedKey()
          : TableEncryptionV2.dynamoOwnedKey(),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection: settings.keepData,
        removalPolicy: keptWhereDataIs(settings),
      });
      const restored = settings.tableNames[name];
      return restored === undefined ? own : TableV2.fromTableName(this, `${name}Restored`, restored);
    };
    this.tables = byName(tables, make);
  }
}
