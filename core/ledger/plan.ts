import type { Action } from '../dynamo/store.ts';
import { invariant } from '../invariant.ts';
import type { Change, Stored } from './change.ts';
import { TooManyRecords } from './errors.ts';
import type { Delta } from './head.ts';
import { documentOf, isName, type ManifestItem, manifestKey, type RecordItem, recordKey } from './items.ts';
import { type Undo, undoBetween } from './undo.ts';

/** One record to be written: a function of the stamp, which is known only when it was drawn from HEAD. */
export interface RecordWrite {
  id: string;
  kind: Change<Stored>['kind'];
  /** An upper estimate of the bytes of the item, and of its action in a request. */
  size: number;
  action(table: string, stamp: number): Action;
}

/** The writes of a transaction in one tenant. */
export interface TenantPlan {
  tenant: string;
  writes: RecordWrite[];
  delta: Delta;
}

/** DynamoDB's item limit is 400 KB; the rest is for the other attributes. */
const manifestBytesMax = 390_000;
/** Stamps, version, key attributes and their names. */
const recordOverheadBytes = 300;

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function creation(tenant: string, document: Stored): RecordWrite {
  const id = document.id;
  invariant(id !== '', 'a document has an id');
  const d = JSON.stringify(document);
  return {
    id,
    kind: 'create',
    size: Buffer.byteLength(d) + recordOverheadBytes,
    action: (TableName, stamp) => {
      const ix = isName(id) ? {} : { ix: id };
      const Item: RecordItem = { ...recordKey(tenant, id), ...ix, d, tx: stamp, c: stamp, ver: 1 };
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

/** A write intent on a version that was read: the condition on `ver` holds for that version alone. */
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
    size: size + Buffer.byteLength(u) + recordOverheadBytes,
    action: (TableName, stamp) => {
      invariant(stamp !== undo.tx, 'an undo restores another version');
      return {
        Update: {
          TableName,
          Key: { pk: record.pk, sk: record.sk },
          UpdateExpression: `SET ${edit} = :value, tx = :tx, ver = :next, #u = :u`,
          ConditionExpression: 'ver = :seen',
          ExpressionAttributeNames: { '#u': 'u' },
          ExpressionAttributeValues: {
            ':value': value,
            ':tx': stamp,
            ':next': record.ver + 1,
            ':u': u,
            ':seen': record.ver,
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      };
    },
  };
}

/**
 * The undo holds only the attributes that the update replaces, so most records stay within one kilobyte, the
 * unit by which DynamoDB bills writes.
 */
const update = (record: RecordItem, before: Stored, document: Stored): RecordWrite =>
  change(record, 'update', 'd', JSON.stringify(document), {
    tx: record.tx,
    ...undoBetween(before, document),
  });

/** A deletion marks the record with a tombstone; its document stays for older snapshots. */
const deletion = (record: RecordItem): RecordWrite => change(record, 'delete', 'x', 1, { tx: record.tx });

/** Adds `by` to the named counters, and leaves out those whose change is 0. */
function count(delta: Delta, names: string[], by: number): void {
  for (const name of names) {
    const sum = (delta[name] ?? 0) + by;
    if (sum === 0) delete delta[name];
    else delta[name] = sum;
  }
}

/**
 * Plans the writes and the changes of counters of each tenant, from the decision on the records found.
 *
 * @throws Error if the decision breaks its rules: a record changed twice, a change of one that was not found,
 * a name deleted.
 * @throws TooManyRecords if the ids of one tenant do not fit into its manifest.
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
    invariant(one.tenant !== '', 'a change names its tenant');
    const plan = plans.get(one.tenant) ?? { tenant: one.tenant, writes: [], delta: {} };
    plans.set(one.tenant, plan);
    const id = one.kind === 'delete' ? one.id : one.document.id;
    if (seen.has(id)) throw new Error(`Record ${id} is changed twice by one transaction`);
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
    // A record of another tenant counts as not found: a plan writes to its own tenant only.
    if (record?.pk !== recordKey(one.tenant, id).pk)
      throw new Error(`Record ${id} was not found and cannot be changed`);
    // Parsed again: `decide` may have changed its document in place, and the undo needs the stored one.
    const before = documentOf<T>(record);
    count(plan.delta, countersOf(before), -1);
    if (one.kind === 'update') count(plan.delta, countersOf(one.document), 1);
    plan.writes.push(one.kind === 'update' ? update(record, before, one.document) : deletion(record));
  }
  for (const plan of plans.values()) {
    const size = bytes(plan.writes.map((write) => write.id)) + plan.writes.length;
    if (size > manifestBytesMax)
      throw new TooManyRecords(`${plan.writes.length} records of one tenant are too many for one request`);
  }
  return [...plans.values()];
}

const letters = { create: 'c', update: 'u', delete: 'd' } as const;

/** The audit record of a transaction in one tenant: ids and kinds of change, and nothing of the documents. */
export function manifestOf(
  ledger: string,
  plan: TenantPlan,
  txId: string,
  { stamp, ...details }: { stamp: number; user: string; note?: string; at: string },
): ManifestItem {
  const kinds = plan.writes.map((write) => letters[write.kind]).join('');
  invariant(kinds.length === plan.writes.length, 'a manifest has one kind for each of its ids');
  return {
    ...manifestKey(ledger, plan.tenant, txId),
    n: stamp,
    ...details,
    ids: JSON.stringify(plan.writes.map((write) => write.id)),
    kinds: /[ud]/.test(kinds) ? kinds : 'c',
  };
}
