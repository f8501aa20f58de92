import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Item, Store } from './store.ts';

/** Everything that a query finds, however many pages it takes. */
export async function* itemsOf(
  store: Pick<Store, 'query'>,
  query: Omit<QueryCommandInput, 'ExclusiveStartKey'>,
): AsyncGenerator<Item> {
  let from: Item | undefined;
  do {
    const page = await store.query({ ...query, ExclusiveStartKey: from } as QueryCommandInput);
    yield* page.items;
    from = page.next;
  } while (from);
}
