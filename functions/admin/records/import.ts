import type * as z from 'zod';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { FileReport } from '../../../core/files/report.ts';
import type { Caller } from '../../../core/http/caller.ts';
import { type InputIssue, InvalidInput } from '../../../core/http/problem.ts';
import type { Collection, Identified } from './collection.ts';
import { idOfRow, NotACsv, recordOfRow, rowsOf } from './csv.ts';
import { splitLargeBlocks } from './split-blocks.ts';
import {
  getItems,
  listPlaceOf,
  putRecord,
  recordKey,
  recordsPerTransaction,
  type StoredRecord,
  storedOf,
  tallyKey,
  tooBusy,
  transact,
} from './store.ts';
import { tallyOf, tallyUpdate } from './tally.ts';

const importRecordsMax = 1_000;

/** Number of times that a part is planned, if others change its records in between. */
const plansMax = 20;

const refuse = (path: PropertyKey[], message: string, row?: number): never => {
  const issue: InputIssue['issue'] = { code: 'custom', path, message, input: undefined };
  throw new InvalidInput([{ place: 'body', issue, row }]);
};

/** Records to be stored, and what was understood of a CSV. */
interface Given<T> {
  records: T[];
  /** The number of each record's row in a CSV. */
  numbers?: number[];
  file?: FileReport;
}

/**
 * Reads and checks the records to be stored.
 *
 * @param body a list of records as an export has them, or a CSV.
 * @throws InvalidInput with the row and field of each error, the first first; then nothing is stored.
 */
async function recordsOf<R extends Identified>(
  collection: Collection<R>,
  tenant: string,
  body: unknown[] | string,
): Promise<Given<R>> {
  const given: Given<unknown> =
    typeof body === 'string' ? await csvRecords(collection, tenant, body) : { records: body };
  const { records: rows, numbers = [], ...more } = given;
  if (rows.length === 0) refuse([], 'must have at least one record');
  if (rows.length > importRecordsMax) refuse([], `must have at most ${importRecordsMax} records`);
  const issues: InputIssue[] = [];
  const records = rows.flatMap((row, index) => {
    const read = collection.row.safeParse(withoutDisplays(collection, row), { reportInput: true });
    if (read.success) return [read.data];
    const its = read.error.issues.map(
      (issue): z.core.$ZodIssue => ({ ...issue, path: [index, ...issue.path] }),
    );
    issues.push(...its.map((issue) => ({ place: 'body' as const, issue, row: numbers[index] })));
    return [];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  const seen = new Set<number>();
  for (const [index, { id }] of records.entries()) {
    if (seen.has(id)) refuse([index, 'id'], 'is the id of an earlier record of this import', numbers[index]);
    seen.add(id);
  }
  return { records, ...more };
}

const withoutDisplays = <R extends Identified>({ displays }: Collection<R>, row: unknown): unknown =>
  typeof row === 'object' && row !== null && !Array.isArray(row)
    ? Object.fromEntries(Object.entries(row).filter(([name]) => !displays.includes(name)))
    : row;

async function csvRecords<R extends Identified>(
  collection: Collection<R>,
  tenant: string,
  text: string,
): Promise<Given<object>> {
  try {
    const { rows, numbers, file } = rowsOf(collection, text);
    if (rows.length > importRecordsMax) refuse([], `must have at most ${importRecordsMax} records`);
    const ids = new Set(rows.map(idOfRow).filter((id) => id !== undefined));
    const found = await getItems([...ids].map((id) => recordKey(collection.name, tenant, id)));
    const records = rows.map((row) => {
      const id = idOfRow(row);
      const before = id === undefined ? undefined : found.get(recordKey(collection.name, tenant, id));
      return recordOfRow(collection, row, storedOf<R>(before)?.record);
    });
    return { records, numbers, file };
  } catch (error) {
    if (error instanceof NotACsv) return refuse([], error.message);
    throw error;
  }
}

/**
 * Creates or replaces records by their ids. All are checked before the first is written. Fifty are one
 * transaction. An import is idempotent, so one that was interrupted is simply repeated: a record that equals
 * the stored one is left unchanged.
 *
 * @throws InvalidInput for the first record that is wrong, Problem `conflict` if others changed the records
 * at each try.
 */
export async function importRecords<R extends Identified>(
  collection: Collection<R>,
  { tenantId }: Caller,
  body: unknown[] | string,
) {
  const { records, file } = await recordsOf(collection, tenantId, body);
  const counts = { created_count: 0, updated_count: 0, unchanged_count: 0 };
  for (let from = 0; from < records.length; from += recordsPerTransaction) {
    const { created, updated, unchanged } = await storePart(
      collection,
      tenantId,
      records.slice(from, from + recordsPerTransaction),
    );
    counts.created_count += created;
    counts.updated_count += updated;
    counts.unchanged_count += unchanged;
  }
  if (counts.created_count > 0) await splitLargeBlocks(collection, tenantId);
  return { success: true, ...counts, total_count: records.length, ...(file ? { file } : {}) };
}

async function storePart<R extends Identified>(collection: Collection<R>, tenant: string, records: R[]) {
  const countKey = tallyKey(collection.name, tenant);
  const keys = records.map(({ id }) => recordKey(collection.name, tenant, id));
  for (let time = 0; time < plansMax; time++) {
    const found = await getItems([...keys, countKey]);
    const all = records.map((record) => ({
      record,
      before: storedOf<R>(found.get(recordKey(collection.name, tenant, record.id))),
    }));
    const changed = all.filter(({ record, before }) => !isSame(record, before));
    const moves = changed.map(({ record, before }) => ({
      from: before && listPlaceOf(collection, before.record),
      to: listPlaceOf(collection, record),
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

/** Schemas give fields one order, so equal records have equal JSON. */
const isSame = <R>(record: R, before: StoredRecord<R> | undefined): boolean =>
  before !== undefined && JSON.stringify(record) === JSON.stringify(before.record);
