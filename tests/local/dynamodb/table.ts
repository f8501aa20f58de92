import { tableShape } from '../../../local/dynamodb/table-shape.ts';

const key = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];

/** A table with a local and a global index. */
export const table = tableShape('records', {
  KeySchema: key('pk', 'sk'),
  AttributeDefinitions: ['pk', 'sk', 'ix', 'keeper', 'at'].map((name) => ({
    AttributeName: name,
    AttributeType: 'S',
  })),
  LocalSecondaryIndexes: [
    {
      IndexName: 'thin',
      KeySchema: key('pk', 'ix'),
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['tx'] },
    },
  ],
  GlobalSecondaryIndexes: [
    { IndexName: 'owned', KeySchema: key('keeper', 'at'), Projection: { ProjectionType: 'KEYS_ONLY' } },
  ],
});
