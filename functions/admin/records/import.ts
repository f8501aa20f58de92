import type * as z from 'zod';
import type { Item, Key } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { type InputIssue, InvalidInput } from '../../../core/http/problem.ts';
import type { Collection } from './collection.ts';
import { idOf, NotACsv, recordOfRow, rowsOf } from './csv.ts';
import { cutLargeBlocks } from './cut-blocks.ts';
import {
  itemsAt,
  placeOf,
  putRecord,
  recordKey,
  type Stored,
  storedOf,
  tallyKey,
  tooBusy,
  transact,
  WRITES,
} from './store.ts';
import { tallyOf, tallyUpdate } from './tally.ts';

/** The most records of one import. */
export const IMPORT = 1_000;

/** How often a part is planned anew because somebody came between. */
const PLANS = 20;

const refuse = (path: PropertyKey[], message: string): never => {
  const issue: InputIssue['issue'] = { code: 'custom', path, message, input: undefined };
  throw new InvalidInput([{ place: 'body', issue }]);
};

interface Found {
  get(key: Key): Item | undefined;
}

/**
 * The records that are to be stored, each as a whole.
 *
 * @param body a list of records as an export has them, or a CSV.
 * @throws InvalidInput naming the first row and field that is wrong; then nothing is stored.
 */
async function recordsOf<R extends { id: number }>(
  collection: Collection<R>,
  tenant: string,
  body: unknown[] | string,
): Promise<R[]> {
  const rows = typeof body === 'string' ? await csvRecords(collection, tenant, body) : body;
  if (rows.length === 0) refuse([], 'must have at least one record');
  if (rows.length > IMPORT) refuse([], `must have at most ${IMPORT} records`);
  const issues: InputIssue[] = [];
  const records = rows.flatMap((row, index) => {
    const read = collection.row.safeParse(withoutDisplays(collection, row), { reportInput: true });
    if (read.success) return [read.data];
    const its = read.error.issues.map(
      (issue): z.core.$ZodIssue => ({ ...issue, path: [index, ...issue.path] }),
    );
    issues.push(...its.map((issue) => ({ place: 'body' as const, issue })));
    return [];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  const seen = new Set<number>();
  for (const [index, { id }] of records.entries()) {
    if (seen.has(id)) refuse([index, 'id'], 'is the id of an earlier record of this import');
    seen.add(id);
  }
  return records;
}

const withoutDisplays = <R extends { id: number }>({ displays }: Collection<R>, row: unknown): unknown =>
  typeof row === 'object' && row !== null && !Array.isArray(row)
    ? Object.fromEntries(Object.entries(row).filter(([name]) => !displays.includes(name)))
    : row;

async function csvRecords<R extends { id: number }>(
  collection: Collection<R>,
  tenant: string,
  text: string,
): Promise<object[]> {
  try {
    const rows = rowsOf(collection, text);
    if (rows.length > IMPORT) refuse([], `must have at most ${IMPORT} records`);
    const ids = new Set(rows.map(idOf).filter((id) => id !== undefined));
    const found = await itemsAt([...ids].map((id) => recordKey(collection.name, tenant, id)));
    return rows.map((row) => {
      const id = idOf(row);
      const before = id === undefined ? undefined : found.get(recordKey(collection.name, tenant, id));
      return recordOfRow(collection, row, storedOf<R>(before)?.record);
    });
  } catch (error) {
    if (error instanceof NotACsv) return refuse([], error.message);
    throw error;
  }
}

/**
 * Stores records by their ids, new or not. All are checked before the first is written. Fifty are one transaction: an import that was
 * interrupted is repeated, since a record that is there already is left as it is.
 */
export async function importRecords<R extends { id: number }>(
  collection: Collection<R>,
  { tenantId }: Caller,
  body: unknown[] | string,
) {
  const records = await recordsOf(collection, tenantId, body);
  const counts = { created_count: 0, updated_count: 0, unchanged_count: 0 };
  for (let from = 0; from < records.length; from += WRITES) {
    const { created, updated, unchanged } = await store(
      collection,
      tenantId,
      records.slice(from, from + WRITES),
    );
    counts.created_count += created;
    counts.updated_count += updated;
    counts.unchanged_count += unchanged;
  }
  if (counts.created_count > 0) await cutLargeBlocks(collection as unknown as Collection, tenantId);
  return { success: true, ...counts, total_count: records.length };
}

async function store<R extends { id: number }>(collection: Collection<R>, tenant: string, records: R[]) {
  const countKey = tallyKey(collection.name, tenant);
  const keys = records.map(({ id }) => recordKey(collection.name, tenant, id));
  for (let time = 0; time < PLANS; time++) {
    const found: Found = await itemsAt([...keys, countKey]);
    const all = records.map((record, index) => ({
      record,
      before: storedOf<R>(found.get(keys[index] ?? countKey)),
    }));
    const changed = all.filter(({ record, before }) => !isSame(record, before));
    const moves = changed.map(({ record, before }) => ({
      from: before && placeOf(collection, before.record),
      to: placeOf(collection, record),
    }));
    const counted = tallyUpdate(tableName('admin'), countKey, tallyOf(found.get(countKey)), moves);
    const writes = changed.map(({ record, before }) => putRecord(collection, tenant, record, before));
    const failed = writes.length > 0 ? await transact([...writes, ...(counted ? [counted] : [])]) : [];
    if (failed.length > 0) continue;
    const created = changed.filter(({ before }) => !before).length;
    return { created, updated: changed.length - created, unchanged: all.length - changed.length };
  }
  throw tooBusy();
}

/** Schemas give fields in one order, so equal records are equal texts. */
const isSame = <R>(record: R, before: Stored<R> | undefined): boolean =>
  before !== undefined && JSON.stringify(record) === JSON.stringify(before.record);
