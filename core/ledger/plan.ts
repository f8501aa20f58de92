import type { Action } from '../dynamo/store.ts';
import type { Change, Stored } from './change.ts';
import { TooManyRecords } from './errors.ts';
import type { Delta } from './head.ts';
import { documentOf, isName, type ManifestItem, manifestKey, type RecordItem, recordKey } from './items.ts';
import { type Undo, undoBetween } from './undo.ts';

/** One record to be written: a function of the stamp, which is known only when HEAD has given it out. */
export interface RecordWrite {
  id: string;
  kind: Change<Stored>['kind'];
  /** An upper estimate of the item, and of what the request carries, in bytes. */
  size: number;
  action(table: string, stamp: number): Action;
}

/** What a batch does in one tenant. */
export interface TenantPlan {
  tenant: string;
  writes: RecordWrite[];
  delta: Delta;
}

/** DynamoDB's item limit is 400 KB; the rest is for the other attributes. */
const manifestBytesMax = 390_000;
/** Stamps, version, key attributes and their names. */
const recordOverhead = 300;

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function creation(tenant: string, document: Stored): RecordWrite {
  const id = document.id;
  const d = JSON.stringify(document);
  return {
    id,
    kind: 'create',
    size: Buffer.byteLength(d) + recordOverhead,
    action: (TableName, n) => {
      const ix = isName(id) ? {} : { ix: id };
      const Item: RecordItem = { ...recordKey(tenant, id), ...ix, d, tx: n, c: n, ver: 1 };
      return {
        Put: {
          TableName,
          Item,
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      };
    },
  };
}

/** A write over a version that was read: the condition on `ver` is met by that one alone. */
function change(
  record: RecordItem,
  kind: 'update' | 'delete',
  edit: string,
  value: unknown,
  undo: Undo,
): RecordWrite {
  const u = JSON.stringify(undo);
  const size = Buffer.byteLength(kind === 'update' ? (value as string) : record.d);
  return {
    id: record.sk,
    kind,
    size: size + Buffer.byteLength(u) + recordOverhead,
    action: (TableName, n) => ({
      Update: {
        TableName,
        Key: { pk: record.pk, sk: record.sk },
        UpdateExpression: `SET ${edit} = :value, tx = :tx, ver = :next, #u = :u`,
        ConditionExpression: 'ver = :seen',
        ExpressionAttributeNames: { '#u': 'u' },
        ExpressionAttributeValues: {
          ':value': value,
          ':tx': n,
          ':next': record.ver + 1,
          ':u': u,
          ':seen': record.ver,
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    }),
  };
}

/** The undo holds what the update takes away, so most records keep their kilobyte, which is what a write is billed by. */
const update = (record: RecordItem, before: Stored, document: Stored): RecordWrite =>
  change(record, 'update', 'd', JSON.stringify(document), {
    tx: record.tx,
    ...undoBetween(before, document),
  });

const deletion = (record: RecordItem): RecordWrite => change(record, 'delete', 'x', 1, { tx: record.tx });

/** Counts one document in or out, and leaves out what comes to nothing. */
function count(delta: Delta, names: string[], by: number): void {
  for (const name of names) {
    const sum = (delta[name] ?? 0) + by;
    if (sum === 0) delete delta[name];
    else delta[name] = sum;
  }
}

/**
 * Works out what is to be written, and by how much the counters move, from what was decided on the records found.
 *
 * @throws Error when the decision breaks its rules: a record changed twice, a change of one that was not found, a name deleted.
 * @throws TooManyRecords when the ids of one tenant do not fit into its manifest.
 */
export function planOf<T extends Stored>(
  changes: Change<T>[],
  found: ReadonlyMap<string, RecordItem>,
  counters: (document: T) => string[],
): TenantPlan[] {
  const plans = new Map<string, TenantPlan>();
  const seen = new Set<string>();
  const countersOf = (document: T) => counters(document).map((name) => `count:${name}`);
  for (const one of changes) {
    const plan = plans.get(one.tenant) ?? { tenant: one.tenant, writes: [], delta: {} };
    plans.set(one.tenant, plan);
    const id = one.kind === 'delete' ? one.id : one.document.id;
    if (seen.has(id)) throw new Error(`Record ${id} is changed twice by one txId`);
    seen.add(id);
    const record = found.get(id);
    if (!isName(id)) count(plan.delta, [`op:${one.kind}`], 1);
    else if (one.kind === 'delete') throw new Error('A named record is never deleted: its name stays taken');
    if (one.kind === 'create') {
      if (record) throw new Error(`Record ${id} exists and cannot be created`);
      count(plan.delta, countersOf(one.document), 1);
      plan.writes.push(creation(one.tenant, one.document));
      continue;
    }
    if (record?.pk !== recordKey(one.tenant, id).pk)
      throw new Error(`Record ${id} was not found and cannot be changed`);
    // Parsed once more, so that a `decide` that changed its document in place cannot falsify the undo.
    const before = documentOf<T>(record);
    count(plan.delta, countersOf(before), -1);
    if (one.kind === 'update') count(plan.delta, countersOf(one.document), 1);
    plan.writes.push(one.kind === 'update' ? update(record, before, one.document) : deletion(record));
  }
  for (const plan of plans.values()) {
    const size = bytes(plan.writes.map((write) => write.id)) + plan.writes.length;
    if (size > manifestBytesMax)
      throw new TooManyRecords(`${plan.writes.length} records are too many for one batch of one tenant`);
  }
  return [...plans.values()];
}

const letters = { create: 'c', update: 'u', delete: 'd' } as const;

/** The audit record of a batch in one tenant. It names records, never what is in them. */
export function manifestOf(
  ledger: string,
  plan: TenantPlan,
  txId: string,
  details: { n: number; user: string; note?: string; at: string },
): ManifestItem {
  const kinds = plan.writes.map((write) => letters[write.kind]).join('');
  return {
    ...manifestKey(ledger, plan.tenant, txId),
    ...details,
    ids: JSON.stringify(plan.writes.map((write) => write.id)),
    kinds: /[ud]/.test(kinds) ? kinds : 'c',
  };
}
