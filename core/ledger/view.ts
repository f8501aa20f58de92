import { getAll } from '../dynamo/get-all.ts';
import type { Item } from '../dynamo/store.ts';
import type { Stored } from './change.ts';
import type { Context } from './context.ts';
import { recordFrom, recordKey, recordsPk } from './items.ts';
import type { Memo } from './memo.ts';
import { resolve, type Snapshot } from './snapshot.ts';
import { snapshotFilter } from './snapshot-filter.ts';
import { skip } from './thin-walk.ts';

/** One tenant's committed documents at one instant. Every method answers from that same snapshot. */
export interface View<T> {
  tenant: string;
  /** The number of transactions committed before it. */
  seq: number;
  /** An exact counter; 0 for an unknown name. */
  counter(name: string): number;
  /**
   * All counters, with the numbers of records ever created, updated and deleted: `op:create`, `op:update`,
   * `op:delete`.
   */
  counters(): Record<string, number>;
  /** `undefined`: the snapshot has no such document. */
  get(id: string): Promise<T | undefined>;
  /**
   * The documents of these ids, which must differ, in no particular order and without those that the snapshot
   * does not have; 100 per request, several requests at a time.
   */
  getMany(ids: string[]): Promise<T[]>;
  /**
   * Documents in the order of their ids (keyset pagination).
   *
   * `after`: the last id seen. `offset`: the number of documents to skip after it, at a tenth of the cost of
   * reading them. `next` is the `after` of the following page; absent = this was the last.
   */
  list(page: { after?: string; limit: number; offset?: number }): Promise<{ documents: T[]; next?: string }>;
}

/** Records that one request of a list reads at most. DynamoDB also ends a page at 1 MB. */
const recordsPerRequestMax = 1_000;

/**
 * Key of the id at which an offset ends, per version of a tenant, so that the next page need not skip again.
 */
const offsetKey = (tenant: string, after: string | undefined, offset: number) =>
  `${tenant} ${after ?? ''} ${offset}`;

/**
 * Key of the number of tombstones that the last page from here passed, in any version of the tenant: an
 * estimate of how many more records to read. Tombstones stay for a while, and where there are many, a page
 * would otherwise take several requests.
 */
const deletedKey = (tenant: string, start: string | undefined) => `${tenant} ${start ?? ''} deleted`;
const anyVersion = '';

/** Methods throw `Overtaken` if a record moved on too far; the reader then restarts with a new snapshot. */
export function viewOf<T extends Stored>(context: Context, snapshot: Snapshot, offsets: Memo): View<T> {
  const { tenant } = snapshot;
  const version = String(snapshot.seq);
  const documentOf = (item: Item | undefined): T | undefined =>
    item && resolve<T>(recordFrom(item), snapshot);

  const startOf = async (after: string | undefined, offset: number): Promise<string | undefined> => {
    if (offset === 0) return after;
    const known = offsets.recall(offsetKey(tenant, after, offset), version);
    if (known) return known.value as string | undefined;
    const start = await skip(context, snapshot, offset, after);
    offsets.keep(offsetKey(tenant, after, offset), version, start);
    return start;
  };

  return {
    tenant,
    seq: snapshot.seq,
    counter: (name) => snapshot.counters[name] ?? 0,
    counters: () => ({ ...snapshot.counters }),
    get: async (id) => documentOf(await context.store.get(context.records, recordKey(tenant, id))),
    getMany: async (ids) => {
      const keys = ids.map((id) => recordKey(tenant, id));
      return (await getAll(context.store, context.records, keys))
        .all()
        .flatMap((item) => documentOf(item) ?? []);
    },
    list: async ({ after, limit, offset = 0 }) => {
      const start = await startOf(after, offset);
      if (offset > 0 && start === undefined) return { documents: [] };
      const documents: T[] = [];
      const pk = recordsPk(tenant);
      let from = start === undefined ? undefined : { pk, sk: start };
      const { expression, values } = snapshotFilter(snapshot);
      const deleted = deletedKey(tenant, start);
      const expected = Number(offsets.recall(deleted, anyVersion)?.value ?? 0);
      // One more than asked for shows whether there is a next page.
      let reading = Math.min(limit + 1 + expected, recordsPerRequestMax);
      let [read, found] = [0, 0];
      // Ends with the page, or with the partition.
      do {
        const page = await context.store.query({
          TableName: context.records,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: expression,
          ExpressionAttributeValues: { ':pk': pk, ...values },
          Limit: reading,
          ExclusiveStartKey: from,
        });
        found += page.items.length;
        for (const item of page.items) {
          if (documents.length > limit) break;
          const document = documentOf(item);
          if (document) documents.push(document);
        }
        from = page.next as { pk: string; sk: string } | undefined;
        read += reading;
        // Where there are many tombstones, larger steps pass them in fewer requests.
        reading = Math.min(2 * reading, recordsPerRequestMax);
      } while (from && documents.length <= limit);
      if (documents.length <= limit) return { documents };
      offsets.keep(deleted, anyVersion, read - found);
      documents.length = limit;
      const next = documents.at(-1)?.id;
      offsets.keep(offsetKey(tenant, after, offset + limit), version, next);
      return { documents, next };
    },
  };
}
