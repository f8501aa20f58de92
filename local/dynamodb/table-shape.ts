import type { Stack } from '../template/stack.ts';

type ScalarType = 'S' | 'N' | 'B';

/** A key attribute of a table or of an index. */
export interface KeyAttribute {
  readonly name: string;
  readonly role: 'HASH' | 'RANGE';
  readonly type: ScalarType;
}

export interface IndexShape {
  readonly name: string;
  readonly isGlobal: boolean;
  readonly keys: readonly KeyAttribute[];
  /** The attributes that the index holds beside all keys; `undefined` if it holds every attribute. */
  readonly projected?: readonly string[] | undefined;
}

/**
 * The keys and indexes of a table: what its requests are checked against. Tables of the same shape have equal
 * ones, in whatever order their indexes are listed.
 */
export interface TableShape {
  readonly name: string;
  readonly keys: readonly KeyAttribute[];
  readonly indexes: readonly IndexShape[];
  /** The key attributes of indexes that are none of the table's own, each once for each of its roles. */
  readonly indexKeys: readonly KeyAttribute[];
}

interface KeyElement {
  readonly AttributeName?: string | undefined;
  readonly KeyType?: KeyAttribute['role'] | undefined;
}
export interface IndexDefinition {
  readonly IndexName?: string | undefined;
  readonly KeySchema?: readonly KeyElement[] | undefined;
  readonly Projection?:
    | { readonly ProjectionType?: string; readonly NonKeyAttributes?: readonly string[] | undefined }
    | undefined;
}
/** A table's properties in CloudFormation; DynamoDB's CreateTable uses the same names. */
export interface TableDefinition {
  readonly AttributeDefinitions?:
    | readonly { readonly AttributeName?: string | undefined; readonly AttributeType?: string | undefined }[]
    | undefined;
  readonly KeySchema?: readonly KeyElement[] | undefined;
  readonly GlobalSecondaryIndexes?: readonly IndexDefinition[] | undefined;
  readonly LocalSecondaryIndexes?: readonly IndexDefinition[] | undefined;
  /** Of CloudFormation only. */
  readonly TimeToLiveSpecification?: { readonly AttributeName?: string; readonly Enabled?: boolean };
}

/** The template's tables. */
export const tableResources = (stack: Stack) =>
  stack.resources<TableDefinition>('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable');

/** The shape of a table with these properties. */
export function tableShape(name: string, definition: TableDefinition): TableShape {
  const types = new Map(
    definition.AttributeDefinitions?.map((attribute) => [attribute.AttributeName, attribute.AttributeType]),
  );
  const keysOf = (schema: readonly KeyElement[] = []): KeyAttribute[] =>
    schema.map(({ AttributeName = '', KeyType = 'HASH' }) => ({
      name: AttributeName,
      role: KeyType,
      type: scalarType(types.get(AttributeName)),
    }));
  const indexOf = (index: IndexDefinition, isGlobal: boolean): IndexShape => ({
    name: index.IndexName ?? '',
    isGlobal,
    keys: keysOf(index.KeySchema),
    projected:
      index.Projection?.ProjectionType === 'ALL'
        ? undefined
        : (index.Projection?.NonKeyAttributes ?? []).toSorted(),
  });
  const keys = keysOf(definition.KeySchema);
  const indexes = [
    ...(definition.GlobalSecondaryIndexes ?? []).map((index) => indexOf(index, true)),
    ...(definition.LocalSecondaryIndexes ?? []).map((index) => indexOf(index, false)),
  ].sort((one, other) => (one.name < other.name ? -1 : 1));
  const additional = indexes
    .flatMap((index) => index.keys)
    .filter((key) => !keys.some((own) => own.name === key.name))
    .map((key) => [`${key.role} ${key.name}`, key] as const);
  return { name, keys, indexes, indexKeys: [...new Map(additional).values()] };
}

const scalarType = (type: string | undefined): ScalarType => (type === 'N' || type === 'B' ? type : 'S');

/** The table that a request names by its name or ARN; `undefined` if it is not known. */
export function tableNamed(
  tables: readonly TableShape[],
  nameOrArn: string | undefined,
): TableShape | undefined {
  const name = nameOrArn?.slice(nameOrArn.lastIndexOf('/') + 1);
  return tables.find((table) => table.name === name);
}
