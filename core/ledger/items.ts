import type { Item, Key } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant } from '../invariant.ts';

/**
 * The items of the protocol. Attribute names are short because DynamoDB stores and bills them with every item.
 *
 * A *stamp* is the number that a batch gets from HEAD; every version of a record carries the stamp of the batch that wrote it.
 */

/** Everything undecided about one tenant, and the only place where a batch becomes visible. One item per tenant and ledger. */
export interface HeadItem extends Key {
  /** The last stamp handed out. */
  reg: number;
  /** The number of committed batches: the version of everything a reader can see. */
  seq: number;
  /** The batches that are not decided, or whose traces are still being removed, by batch id. */
  f: Record<string, Entry>;
  /** Their stamps. A stamp at most `reg` and not in here is committed for ever. */
  gn: Record<string, number>;
  // and exact counters: `count:<name>`, `op:create`, `op:update`, `op:delete`
}

export interface Entry {
  /** `P` writing its records · `R` written by one transaction, certain to commit · `A` aborted, traces being removed. */
  s: 'P' | 'R' | 'A';
  /** When anyone may abort it (P) or finish it (R), in milliseconds since the epoch. A matter of liveness only. */
  exp: number;
  /** When it was aborted. */
  abt?: number;
  /** What its commit adds to the counters, as JSON: whoever finishes an `R` needs it. */
  dc?: string;
}

/** One document. Exactly one uncommitted version can lie on top of a committed one, which `u` gives back. */
export interface RecordItem extends Key {
  /** The id again: the sort key of the thin index. A named record has none, since nobody lists or counts names. */
  ix?: string;
  /**
   * The document, as JSON: DynamoDB's client takes twice as long for the same as a nested map (measured with 97 records
   * of 600 bytes), and text keeps the order of attributes.
   */
  d: string;
  /** The stamp of this version. */
  tx: number;
  /** The stamp of the batch that created it; equal to `tx` = the record has no earlier version. */
  c: number;
  /** Grows with every write, undoing included, so that a condition on it holds for one version only. */
  ver: number;
  /** 1 = deleted. Such a record stays until no reader can need its past. */
  x?: 1;
  /** How to get the version before: an `Undo` as JSON. */
  u?: string;
}

/** What a batch is going to touch: its audit record, and the fence that keeps a batch declared dead from starting. */
export interface ManifestItem extends Key {
  /** Its stamp. Absent in a fence. */
  n?: number;
  /** A JSON array of the record ids. */
  ids?: string;
  /** 'c' = all are creations; else one letter for each id: c, u, d. */
  kinds?: string;
  user?: string;
  /** The caller's own word about the request. */
  note?: string;
  /** When it was written, RFC 3339. */
  at?: string;
  st?: 'ABORTED';
}

export const headKey = (tenant: string): Key => ({ pk: `HEAD#${tenant}`, sk: 'HEAD' });
/**
 * Whether an id was made from what the record stands for, such as a phone that only one contact may have, and not drawn. So two
 * batches may create the same one, and the second must notice. Such a record is found by its name alone: it is in no list and no count.
 */
export const isName = (id: string): boolean => id.startsWith('~');

/** Names have a partition of their own: lists read only the other one. Both prefixes are of the same length, which `tenantOf` counts on. */
export const recordKey = (tenant: string, id: string): Key => ({
  pk: `${isName(id) ? 'KEY' : 'REC'}#${tenant}`,
  sk: id,
});
export const tenantOf = (record: Key): string => record.pk.slice('REC#'.length);
export const manifestKey = (ledger: string, tenant: string, txId: string): Key => ({
  pk: `${ledger}#${tenant}`,
  sk: txId,
});
/** The registry: one item for every tenant that ever wrote. */
export const tenantKey = (tenant: string): Key => ({ pk: 'TENANTS', sk: tenant });
/** Counts the commits over several tenants, so that a reader of several HEADs can tell that it saw none of them half. */
export const multiKey: Key = { pk: 'MULTI', sk: 'MULTI' };

/** The local secondary index with the id, the stamps and the deletion mark alone: counting and skipping read a tenth. */
export const thinIndex = 'thin';

/** Undecided batches per tenant. The thin index names all their stamps in one `IN`, which takes 100 values. */
export const undecidedMax = 100;

const areNumbers = (item: Item, names: readonly string[]): boolean =>
  names.every((name) => Number.isSafeInteger(item[name]));

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** An item that was read as the HEAD that it is. */
export function headFrom(item: Item): HeadItem {
  assertVersion(item, 'HEAD');
  invariant(areNumbers(item, ['reg', 'seq']) && isMap(item.f) && isMap(item.gn), 'a HEAD lacks its numbers');
  return item as Item & HeadItem;
}

/** An item that was read as the record that it is. */
export function recordFrom(item: Item): RecordItem {
  assertVersion(item, 'record of a ledger');
  invariant(
    typeof item.d === 'string' && areNumbers(item, ['tx', 'c', 'ver']),
    'a record of a ledger lacks its document or its stamps',
  );
  return item as Item & RecordItem;
}

/** An item that was read as the manifest, or the fence, that it is. */
export function manifestFrom(item: Item): ManifestItem {
  assertVersion(item, 'manifest');
  invariant(
    item.st === 'ABORTED' || Number.isSafeInteger(item.n),
    'a manifest has neither a stamp nor a state',
  );
  return item as Item & ManifestItem;
}

export const documentOf = <T = Item>(record: RecordItem): T => JSON.parse(record.d) as T;

/** The ids of a manifest. A fence has none. */
export const idsOf = (manifest: ManifestItem): string[] => JSON.parse(manifest.ids ?? '[]') as string[];
