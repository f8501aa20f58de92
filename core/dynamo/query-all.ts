import type { Item, Page, Query, Store } from './store.ts';

/** A part of one partition, in the order of sort keys: all of it, or by one condition on the sort key. */
export interface Range {
  pk: string;
  /**
   * The beginning of the sort keys. Empty means all, since DynamoDB refuses `begins_with` of an empty text.
   */
  prefix?: string;
  /** The least and the greatest sort key. */
  between?: readonly [least: string, greatest: string];
  /** The sort key before which the range ends. */
  before?: string;
  /** The sort key with which the range ends. */
  upTo?: string;
}

/** The part of a query that names its range. */
export function inRange({ pk, prefix, between, before, upTo }: Range) {
  const condition = (onSortKey: string, values: Record<string, string>) => ({
    KeyConditionExpression: `pk = :pk${onSortKey && ` AND ${onSortKey}`}`,
    ExpressionAttributeValues: { ':pk': pk, ...values },
  });
  if (prefix) return condition('begins_with(sk, :prefix)', { ':prefix': prefix });
  if (between)
    return condition('sk BETWEEN :least AND :greatest', { ':least': between[0], ':greatest': between[1] });
  if (before !== undefined) return condition('sk < :before', { ':before': before });
  if (upTo !== undefined) return condition('sk <= :upTo', { ':upTo': upTo });
  return condition('', {});
}

/** The part of a request that narrows its result to these attributes, any names of which are allowed. */
export const projection = (attributes: readonly string[]) => ({
  ProjectionExpression: attributes.map((_, index) => `#${index}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#${index}`, name])),
});

export interface RangeQuery {
  table: string;
  range: Range;
  newestFirst?: boolean;
  /** The only attributes to read. */
  attributes?: readonly string[];
}

const queryOf = ({ table, range, newestFirst = false, attributes }: RangeQuery): Query => ({
  TableName: table,
  ...inRange(range),
  ...(attributes ? projection(attributes) : {}),
  ScanIndexForward: !newestFirst,
});

/** Every item of a range, read in pages of up to 1 MB as the caller comes to them. */
export async function* queryAll(
  store: Pick<Store, 'query'>,
  query: RangeQuery,
): AsyncGenerator<Item, undefined> {
  let from: Item | undefined;
  // Ends with the partition: each page begins behind the last.
  do {
    const page: Page = await store.query({ ...queryOf(query), ExclusiveStartKey: from });
    yield* page.items;
    from = page.next;
  } while (from);
}

/** The first items of a range, at most `limit`, in one request: fewer if they have more than 1 MB. */
export async function queryFirst(
  store: Pick<Store, 'query'>,
  query: RangeQuery,
  limit: number,
): Promise<Item[]> {
  return (await store.query({ ...queryOf(query), Limit: limit })).items;
}

/** The number of entries that a query finds, in all of its pages; their items are not sent. */
export async function countAll(store: Pick<Store, 'query'>, query: Query): Promise<number> {
  let count = 0;
  let from: Item | undefined;
  // Ends with the range: each page begins behind the last.
  do {
    const page: Page = await store.query({ ...query, Select: 'COUNT', ExclusiveStartKey: from });
    count += page.count;
    from = page.next;
  } while (from);
  return count;
}
