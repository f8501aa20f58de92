import type { Item, Key } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant } from '../invariant.ts';

/**
 * The items of the protocol. Attribute names are short because DynamoDB stores and bills them with every
 * item; outside of this file and of expressions they have long names.
 *
 * A *stamp* is the number that a transaction draws from HEAD. Every version of a record carries the stamp of
 * the transaction that wrote it, as in multi-version concurrency control (MVCC).
 */

/**
 * The commit record of one tenant: it lists what is undecided, and one write of it makes a transaction
 * visible. One item per tenant and ledger.
 */
export interface HeadItem extends Key {
  /** The last stamp drawn. */
  reg: number;
  /** The number of committed transactions: the version of everything that a reader can see. */
  seq: number;
  /** By txId: transactions that are undecided, or aborted with traces that may still appear. */
  f: Record<string, Entry>;
  /** Their stamps by txId. A stamp of at most `reg` that is not in here is committed for ever. */
  gn: Record<string, number>;
  /** When the partition of the records was last seen to be almost full, in milliseconds since the epoch. */
  full?: number;
  // and exact counters: `count:<name>`, `op:create`, `op:update`, `op:delete`
}

export interface Entry {
  /**
   * `P` pending: its records are being written · `R` ready: one TransactWriteItems wrote everything, so it
   * will be committed · `A` aborted: its versions are being rolled back.
   */
  s: 'P' | 'R' | 'A';
  /**
   * The end of its lease, in milliseconds since the Unix epoch. Afterwards other processes may abort it. It
   * decides who may try, never who wins.
   */
  exp: number;
  /** The instant of its abort, in milliseconds since the Unix epoch. */
  abt?: number;
  /**
   * The changes of counters that its commit makes, as JSON: another process that commits an `R` needs them.
   */
  dc?: string;
}

/**
 * One document. At most its top version is undecided: a write intent on a committed version, which the undo
 * `u` restores.
 */
export interface RecordItem extends Key {
  /** The id again: the sort key of the thin index. Absent in named records, which are in no list or count. */
  ix?: string;
  /**
   * The document, as JSON: DynamoDB's client takes twice as long for the same as a nested map (measured with
   * 97 records of 600 bytes), and text keeps the order of attributes.
   */
  d: string;
  /** The stamp of this version. */
  tx: number;
  /** The stamp of the transaction that created it; equal to `tx` = the record has no earlier version. */
  c: number;
  /** Grows with every write, rollbacks included, so that a condition on it holds for one version only. */
  ver: number;
  /** 1 = tombstone of a deleted record, which stays until no snapshot can need its past. */
  x?: 1;
  /** The way back to the previous version: an `Undo` as JSON. */
  u?: string;
}

/**
 * The write set of a transaction in one tenant. It is the audit record, and the fence that keeps a
 * transaction that was declared dead from beginning.
 */
export interface ManifestItem extends Key {
  /** The stamp. Absent in a fence. */
  n?: number;
  /** A JSON array of the record ids. */
  ids?: string;
  /** 'c' = all are creations; else one letter for each id: c, u, d. */
  kinds?: string;
  user?: string;
  /** The caller's note about the request. */
  note?: string;
  /** The time of writing, RFC 3339. */
  at?: string;
  st?: 'ABORTED';
}

export const headKey = (tenant: string): Key => ({ pk: `HEAD#${tenant}`, sk: 'HEAD' });

/**
 * True for an id that derives from what the record stands for, such as a phone that only one contact may
 * have. Two transactions may create the same one, and the second must notice. Such a record is found by its
 * name alone: it is in no list and no count.
 */
export const isName = (id: string): boolean => id.startsWith('~');

/**
 * The partition that lists and counts read. Named records have another: `KEY#` and `REC#` have one length.
 */
export const recordsPk = (tenant: string): string => `REC#${tenant}`;
export const recordKey = (tenant: string, id: string): Key => ({
  pk: isName(id) ? `KEY#${tenant}` : recordsPk(tenant),
  sk: id,
});
export const tenantOf = (record: Key): string => record.pk.slice('REC#'.length);

export const manifestsPk = (ledger: string, tenant: string): string => `${ledger}#${tenant}`;
export function manifestKey(ledger: string, tenant: string, txId: string): Key {
  invariant(tenant !== '' && txId !== '', 'a manifest names a tenant and a transaction');
  return { pk: manifestsPk(ledger, tenant), sk: txId };
}

/** The registry: one item for every tenant that ever wrote. */
export const registryPk = 'TENANTS';
export function tenantKey(tenant: string): Key {
  invariant(tenant !== '', 'a registered tenant has a name');
  return { pk: registryPk, sk: tenant };
}

/**
 * Counts the commits over several tenants: while it stays, a reader of several HEADs sees none of them half.
 */
export const multiKey: Key = { pk: 'MULTI', sk: 'MULTI' };

/** The local secondary index of id, stamps and tombstone: counting and skipping read a tenth. */
export const thinIndex = 'thin';

/** A filter on the thin index names the stamps of all undecided transactions in one `IN` of 100 values. */
export const undecidedTransactionsMax = 100;

/** A transaction that HEAD lists, by the long names of its attributes. */
export interface ListedTransaction {
  txId: string;
  stamp: number;
  state: Entry['s'];
  leaseEndMs: number;
  abortedMs: number | undefined;
  /** The changes of counters, as JSON; present in state `R`. */
  delta: string | undefined;
}

/**
 * `undefined`: HEAD does not list it. So it is committed, was forgotten after its abort, or has not begun.
 */
export function listedIn(head: HeadItem | undefined, txId: string): ListedTransaction | undefined {
  const entry = head?.f[txId];
  const stamp = head?.gn[txId];
  if (!entry || stamp === undefined) return undefined;
  return { txId, stamp, state: entry.s, leaseEndMs: entry.exp, abortedMs: entry.abt, delta: entry.dc };
}

export const allListedIn = (head: HeadItem | undefined): ListedTransaction[] =>
  Object.keys(head?.f ?? {}).flatMap((txId) => listedIn(head, txId) ?? []);

const areNumbers = (item: Item, names: readonly string[]): boolean =>
  names.every((name) => Number.isSafeInteger(item[name]));

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Parses an item that was read from the key of a HEAD. */
export function headFrom(item: Item): HeadItem {
  assertVersion(item, 'HEAD');
  invariant(areNumbers(item, ['reg', 'seq']) && isMap(item.f) && isMap(item.gn), 'a HEAD lacks its numbers');
  return item as Item & HeadItem;
}

/** Parses an item that was read from the key of a record. */
export function recordFrom(item: Item): RecordItem {
  assertVersion(item, 'record of a ledger');
  invariant(
    typeof item.d === 'string' && areNumbers(item, ['tx', 'c', 'ver']),
    'a record of a ledger lacks its document or its stamps',
  );
  return item as Item & RecordItem;
}

/** Parses an item that was read from the key of a manifest, which may hold a fence. */
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

/** The ids of a manifest, each with the letter of its kind of change. */
export function changesOf(manifest: ManifestItem): { id: string; letter: string }[] {
  const ids = idsOf(manifest);
  const { kinds = '' } = manifest;
  invariant(kinds === 'c' || kinds.length === ids.length, 'a manifest has one kind for each of its ids');
  return ids.map((id, index) => ({ id, letter: kinds === 'c' ? 'c' : kinds.charAt(index) }));
}
