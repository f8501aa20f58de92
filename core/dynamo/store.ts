import type {
  DeleteCommandInput,
  PutCommandInput,
  QueryCommandInput,
  TransactWriteCommandInput,
  UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';

/** An item as DynamoDB returns it, in JavaScript's own types. */
export type Item = Record<string, unknown>;

/** Every table has the same two key attributes. */
export interface Key {
  pk: string;
  sk: string;
}

export type Action = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What became of a conditional write. A failed condition brings the item as it is (none: there is no item). */
export type Written = { done: true; item?: Item } | { done: false; item?: Item };

/** What became of a transaction: all of it, or none of it because of the actions marked `failed`, in their order. */
export type Transacted = { done: true } | { done: false; reasons: { failed: boolean; item?: Item }[] };

export interface Page {
  items: Item[];
  /** How many items passed the filter; the only result of a query that selects COUNT. */
  count: number;
  /** Where the next page begins; `undefined` after the last one. */
  next?: Item;
}

/**
 * The seam between the protocol and DynamoDB: each method is exactly one request, and every read is strongly consistent.
 * A request that DynamoDB refused throws `Refused`, one whose fate is unknown throws `ReplyLost`; nobody here sends twice.
 */
export interface Store {
  /** GetItem. */
  get(table: string, key: Key): Promise<Item | undefined>;
  /** BatchGetItem of at most 100 different keys; `attributes` narrows what comes back. */
  getMany(table: string, keys: Key[], attributes?: string[]): Promise<{ items: Item[]; unread: Key[] }>;
  /** TransactGetItems of at most 100 keys: all of them at one instant, in their order. */
  getTogether(table: string, keys: Key[]): Promise<(Item | undefined)[]>;
  /** Query, one page. */
  query(query: QueryCommandInput): Promise<Page>;
  /** PutItem. */
  put(put: PutCommandInput): Promise<Written>;
  /** UpdateItem. */
  update(update: UpdateCommandInput): Promise<Written>;
  /** DeleteItem. */
  remove(remove: DeleteCommandInput): Promise<Written>;
  /** BatchWriteItem of at most 25 puts without conditions; returns those that were not processed. */
  putMany(table: string, items: Item[]): Promise<Item[]>;
  /** TransactWriteItems of at most 100 actions. */
  transact(actions: Action[]): Promise<Transacted>;
}

/** DynamoDB said no (throttled, or in conflict with a transaction in flight): nothing happened, the same may be sent again. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** No answer came: the request took effect, or did not, or will. */
export class ReplyLost extends Error {
  override readonly name = 'ReplyLost';
}
