import type {
  DeleteCommandInput,
  PutCommandInput,
  QueryCommandInput,
  TransactWriteCommandInput,
  UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';

/** An item as DynamoDB returns it, in JavaScript's own types. */
export type Item = Record<string, unknown>;

/** Every table has these two key attributes, but `guards` and `apiKeyUses`, which have `pk` alone. */
export interface Key {
  pk: string;
  sk: string;
}
export interface TableKey {
  pk: string;
  sk?: string;
}

export type Action = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
export type Query = QueryCommandInput;
export type Put = PutCommandInput;
export type Update = UpdateCommandInput;

/**
 * `eventual` reads cost half, and may miss writes of the last second: only for what is written afterwards on
 * the condition that it is as it was read.
 */
export type Consistency = 'strong' | 'eventual';

/**
 * The outcome of a conditional write. A failed condition brings the item as it is, if
 * `ReturnValuesOnConditionCheckFailure` asks for it.
 */
export type Written = { done: true; item?: Item } | { done: false; item?: Item };

/** What a write tells about the partitions that it wrote. */
interface PartitionSize {
  /**
   * Size of the largest partition key of a table with a local index, in GB: the lower bound of DynamoDB's
   * estimate, which AWS calls imprecise (API reference, ItemCollectionMetrics); `undefined` if it gave none.
   */
  partitionGb?: number | undefined;
}

/** What a request for many puts did. */
interface ManyPut extends PartitionSize {
  /** The puts that were not processed, to be sent again. */
  unprocessed: Item[];
}

/**
 * The outcome of a transaction: all of it, or none of it because of the actions marked `failed`, in their
 * order.
 */
export type Transacted =
  | ({ done: true } & PartitionSize)
  | { done: false; reasons: { failed: boolean; item?: Item }[] };

export interface Page {
  items: Item[];
  /** The number of items that passed the filter; the only result of a query that selects COUNT. */
  count: number;
  /** The key after which the next page begins; `undefined` after the last one. */
  next?: Item;
}

/**
 * The port to DynamoDB: each method is exactly one request, and every read is strongly consistent, unless it
 * asks for less.
 *
 * @throws Busy if DynamoDB did nothing and may later, AnswerLost if it is not known what happened,
 * PartitionFull, InvalidActions.
 */
export interface Store {
  /** GetItem. */
  get(table: string, key: TableKey): Promise<Item | undefined>;
  /**
   * BatchGetItem of at most 100 different keys; `attributes` narrows the result. `unread` is to be asked for
   * again.
   */
  getMany(
    table: string,
    keys: TableKey[],
    attributes?: string[],
    consistency?: Consistency,
  ): Promise<{ items: Item[]; unread: TableKey[] }>;
  /** TransactGetItems of at most 100 keys: all of them at one instant, in their order. */
  getTogether(table: string, keys: TableKey[]): Promise<(Item | undefined)[]>;
  /** Query, one page of at most 1 MB. */
  query(query: Query): Promise<Page>;
  /** PutItem. */
  put(put: Put): Promise<Written>;
  /** UpdateItem. */
  update(update: Update): Promise<Written>;
  /** DeleteItem. */
  remove(remove: DeleteCommandInput): Promise<Written>;
  /** BatchWriteItem of at most 25 puts without conditions. */
  putMany(table: string, items: Item[]): Promise<ManyPut>;
  /**
   * TransactWriteItems of at most 100 actions.
   *
   * @param token makes a second sending within ten minutes the same request (ClientRequestToken); drawn by
   * the SDK unless given. Tokens are of the whole account, so a token must never be a text that a caller
   * chose.
   */
  transact(actions: Action[], token?: string): Promise<Transacted>;
}
