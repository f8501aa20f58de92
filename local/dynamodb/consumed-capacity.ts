interface Capacity {
  readonly CapacityUnits?: number;
}

/** The capacity of one table as DynamoDB reports it for `ReturnConsumedCapacity: INDEXES`. */
interface ConsumedCapacity extends Capacity {
  readonly TableName?: string;
  readonly LocalSecondaryIndexes?: Readonly<Record<string, Capacity>>;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, Capacity>>;
}

/** The capacities that an answer reports: one of a table, or a list; `undefined` if it reports none. */
export function consumedIn(answer: object): readonly ConsumedCapacity[] | undefined {
  const { ConsumedCapacity: reported } = answer as {
    ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[];
  };
  return reported && ([reported].flat() as ConsumedCapacity[]);
}
